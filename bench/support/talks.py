"""Conversations in LoCoMo's form, made by rule from a seed: synthetic, and nobody's property.

Two people talk for months, some 590 turns a conversation. The same subjects come back with other
details, from either of them; partners echo each other's words and names; an answer often leaves out
what it is about. Questions partly use the words of the turn that answers them, as LoCoMo's do.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

PAIRS = (
    ("Nadine", "Oscar"), ("Priya", "Walter"), ("Greta", "Tobias"), ("Yusuf", "Helen"),
    ("Carmen", "Leif"), ("Dorothy", "Amir"), ("Ivo", "Beatrice"), ("Rosa", "Kenji"),
)  # fmt: skip
SESSIONS = 27
SUBJECTS_A_SESSION = (3, 5)
ECHOED = 0.7
"""Of the answers, how many say again what they are about."""


@dataclass(frozen=True)
class Detail:
    """Something that can be asked about a subject, and the turn that tells."""

    question: str
    asked: str
    answer: str
    things: tuple[str, ...]


@dataclass(frozen=True)
class Subject:
    """Something people tell each other of."""

    name: str
    group: str
    when: str
    """The question for its time."""
    openings: tuple[str, ...]
    picture: str
    details: tuple[Detail, ...]


def talks(seed: int, count: int = 4) -> list[dict[str, Any]]:
    """So many conversations; the same for the same seed."""
    return [_talk(random.Random(f"{seed}/{n}"), *PAIRS[n % len(PAIRS)], n) for n in range(count)]


def _talk(rng: random.Random, one: str, two: str, number: int) -> dict[str, Any]:
    conversation: dict[str, Any] = {"speaker_a": one, "speaker_b": two}
    qa: list[dict[str, Any]] = []
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    seen: set[tuple[str, str]] = set()
    at = datetime(2023, 1, 9, 10) + timedelta(days=rng.randrange(60))
    deck: list[Subject] = []
    for session in range(1, SESSIONS + 1):
        turns: list[dict[str, Any]] = []
        _greet(rng, turns, session, one, two)
        for _ in range(rng.randint(*SUBJECTS_A_SESSION)):
            deck = deck or rng.sample(SUBJECTS, len(SUBJECTS))
            speaker, other = rng.sample((one, two), 2)
            qa += _tell(rng, turns, session, deck.pop(), (speaker, other), at, told, seen)
        _part(rng, turns, session, one, two)
        conversation[f"session_{session}"] = turns
        conversation[f"session_{session}_date_time"] = (
            at.strftime("%-I:%M %p on %-d %B, %Y").replace("AM", "am").replace("PM", "pm")
        )
        at += timedelta(days=rng.randint(3, 12), minutes=rng.randrange(600))
    qa += _lists(told)
    qa.append({"question": f"What did {one} steal?", "evidence": ["D1:1"], "category": 5,
               "adversarial_answer": "a boat"})  # fmt: skip
    return {"sample_id": f"talk-{number}", "conversation": conversation, "qa": qa}


def _say(turns: list[dict[str, Any]], session: int, speaker: str, text: str, **more: Any) -> str:
    name = f"D{session}:{len(turns) + 1}"
    turns.append({"speaker": speaker, "dia_id": name, "text": text, **more})
    return name


def _greet(rng: random.Random, turns: list, session: int, one: str, two: str) -> None:
    first, second = rng.sample((one, two), 2)
    _say(turns, session, first, rng.choice(HELLOS).format(other=second))
    _say(turns, session, second, rng.choice(REPLIES).format(other=first))


def _part(rng: random.Random, turns: list, session: int, one: str, two: str) -> None:
    first, second = rng.sample((one, two), 2)
    _say(turns, session, first, rng.choice(PARTINGS).format(other=second))
    _say(turns, session, second, rng.choice(LAST_WORDS).format(other=first))


def _tell(
    rng: random.Random,
    turns: list[dict[str, Any]],
    session: int,
    subject: Subject,
    who: tuple[str, str],
    at: datetime,
    told: dict[tuple[str, str], list[str]],
    seen: set[tuple[str, str]],
) -> Iterator[dict[str, Any]]:
    """One tells the other; the questions that can be asked of it."""
    speaker, other = who
    when = rng.choice(("yesterday", "last week", "last Friday", "two days ago", "this weekend"))
    shown = {"blip_caption": subject.picture, "img_url": ["https://example.org/picture.jpg"]}
    pictured = shown if rng.random() < 0.25 else {}
    begun = rng.choice(subject.openings).format(when=when, other=other)
    opening = _say(turns, session, speaker, begun, **pictured)
    told[speaker, subject.group].append(opening)
    again = (speaker, subject.name) in seen
    seen.add((speaker, subject.name))
    month = at.strftime("%B %Y")
    questions, answers = [], []
    if not again:
        questions.append(_asked(subject.when.format(S=speaker), [opening], 2))
    for detail in rng.sample(subject.details, rng.randint(1, len(subject.details))):
        if rng.random() < 0.3:
            _say(turns, session, other, rng.choice(CHEERS).format(other=speaker, it=subject.name))
            _say(turns, session, speaker, rng.choice(THANKS).format(other=other))
        praise = rng.choice(CHEERS).format(other=speaker, it=subject.name)
        _say(turns, session, other, f"{praise} {detail.asked}")
        thing = rng.choice(detail.things)
        said = detail.answer.format(x=thing, other=other)
        if rng.random() < ECHOED:
            said = rng.choice(ECHOES).format(it=subject.name, said=said)
        answer = _say(turns, session, speaker, said)
        answers.append(answer)
        question = detail.question.format(S=speaker)
        if not again:
            questions.append(_asked(question, [answer], 4))
        elif rng.random() < 0.25:
            questions.append(_asked(f"{question[:-1]} in {month}?", [answer], 4))
        if not again and rng.random() < 0.15:
            why = f"Would {speaker} enjoy hearing more about {subject.name}?"
            questions.append(_asked(why, [opening, answer], 3))
    _say(turns, session, other, rng.choice(CHEERS).format(other=speaker, it=subject.name))
    if not again and len(answers) > 1:
        everything = f"What do we know about {speaker} and the {subject.name}?"
        questions.append(_asked(everything, [opening, *answers], 1))
    yield from questions


def _lists(told: dict[tuple[str, str], list[str]]) -> Iterator[dict[str, Any]]:
    for (speaker, group), evidence in sorted(told.items()):
        if len(evidence) > 1:
            yield _asked(GROUPS[group].format(S=speaker), evidence[:5], 1)


def _asked(question: str, evidence: list[str], category: int) -> dict[str, Any]:
    return {"question": question, "answer": "", "evidence": evidence, "category": category}


GROUPS = {
    "art": "What creative things does {S} do?",
    "sport": "Which sports and outdoor activities does {S} take part in?",
    "family": "What has {S} done together with family?",
    "work": "How has the career of {S} developed?",
    "home": "What has {S} changed around the house?",
    "good": "In what ways does {S} help the community?",
}
HELLOS = (
    "Hey {other}! Long time no see! How have you been?",
    "Hi {other}, great to hear from you! What's new?",
    "Hey {other}, how's it going? Anything exciting happening lately?",
    "Good to see you, {other}! It has been a busy week here.",
)
REPLIES = (
    "Hey {other}! I've been swamped with work, but things are good. What about you?",
    "Hi {other}! So good to talk again. A lot has happened since we last spoke!",
    "Hey! All good here, just taking it one day at a time. How are you?",
    "{other}, hi! I was just thinking of you. Tell me everything!",
)
PARTINGS = (
    "It was so nice to catch up, {other}. Talk soon!",
    "I have to run, {other}. Thanks for listening, it means a lot to me.",
    "Take care, {other}! Let's talk again next week.",
)
LAST_WORDS = (
    "You too, {other}! Bye!",
    "Anytime, {other}. I'm always here for you!",
    "Bye {other}! Have a great day!",
)
CHEERS = (
    "Wow, {other}, that's awesome!",
    "That sounds amazing, {other}! I'm so happy for you.",
    "Nice one, {other}! The {it} sounds great.",
    "Congrats, {other}! You really deserve it.",
    "Cool! I had no idea you were into that, {other}.",
    "Oh, {it}! I've always wanted to hear about that.",
    "That's so inspiring. Keep it up!",
)
ECHOES = (
    "About the {it}: {said}",
    "{said} That's the {it} for you!",
    "{said} The {it} is all I can think of.",
)
THANKS = (
    "Thanks, {other}! It really means a lot.",
    "Thank you, {other}! I'm really excited about it.",
    "Yeah, it has been quite a journey, and I'm grateful for your support.",
)


def _d(question: str, asked: str, answer: str, *things: str) -> Detail:
    return Detail(question, asked, answer, things)


SUBJECTS = (
    Subject(
        "pottery",
        "art",
        "When did {S} sign up for a pottery class?",
        (
            "I signed up for a pottery class {when}. It's like therapy for me!",
            "{other}, I started taking a course in ceramics {when}, and I love working with clay.",
        ),
        "a photo of a bowl with a colourful pattern",
        (
            _d(
                "What did {S} make in the pottery class?",
                "What did you make?",
                "I made {x}, and it only cracked a little in the kiln.",
                "a blue bowl",
                "two mugs",
                "a vase for my mum",
                "a plate with a fish on it",
            ),
            _d(
                "How does working with clay make {S} feel?",
                "How does it feel?",
                "It leaves me {x}. I forget everything else for an hour.",
                "calm",
                "relaxed and happy",
                "completely at peace",
                "full of energy",
            ),
        ),
    ),
    Subject(
        "painting",
        "art",
        "When did {S} finish the painting?",
        (
            "I finished a painting {when}, the biggest I have ever done.",
            "Guess what, I've been painting again! {when} I completed a new piece.",
        ),
        "a painting of a sunset over a lake",
        (
            _d(
                "What is the subject of the painting by {S}?",
                "What does it show?",
                "It shows {x}. The colours took me ages to get right.",
                "a sunrise over the lake",
                "an old lighthouse",
                "my grandmother's hands",
                "a field of poppies",
            ),
            _d(
                "Where will the art of {S} be exhibited?",
                "Will anybody get to see it?",
                "Yes! {x} wants to hang it up next month.",
                "The café on the corner",
                "A small gallery downtown",
                "The town library",
                "Our community centre",
            ),
        ),
    ),
    Subject(
        "guitar",
        "art",
        "When did {S} start playing the guitar?",
        (
            "I bought an acoustic guitar {when} and started lessons.",
            "I've started learning to play the guitar {when}. My fingers hurt!",
        ),
        "a photo of a guitar leaning on a chair",
        (
            _d(
                "Which song is {S} learning to play?",
                "What are you playing?",
                "At the moment I practise {x} over and over. The neighbours must hate me.",
                "a Beatles tune",
                "an old folk ballad",
                "some Bach",
                "a song by Johnny Cash",
            ),
            _d(
                "Who teaches {S} music?",
                "Do you have a teacher?",
                "Sure, {x} shows me the chords every Tuesday.",
                "my uncle",
                "a retired jazz player",
                "a student from the conservatory",
                "my neighbour Ruth",
            ),
        ),
    ),
    Subject(
        "novel",
        "art",
        "When did {S} begin to write a novel?",
        (
            "I've begun to write a novel {when}. Finally!",
            "So, {other}, I'm writing a book. I started on the first chapter {when}.",
        ),
        "a photo of a notebook full of handwriting",
        (
            _d(
                "What is the book by {S} about?",
                "What is the story?",
                "It follows {x}. I already know how it ends.",
                "a detective in Lisbon",
                "two sisters in a lighthouse",
                "a robot who learns to bake",
                "a lost mountaineer",
            ),
            _d(
                "What inspired {S} to become a writer?",
                "Where did the idea come from?",
                "Honestly, from {x}. I could not get it out of my head.",
                "a dream I had",
                "my grandfather's letters",
                "a documentary",
                "an article in the paper",
            ),
        ),
    ),
    Subject(
        "marathon",
        "sport",
        "When did {S} run the marathon?",
        (
            "I ran a marathon {when}! My legs are still shaking.",
            "{when} was the big race, {other}. I made it through my marathon!",
        ),
        "a photo of runners crossing a finish line",
        (
            _d(
                "What time did {S} achieve in the race?",
                "How fast were you?",
                "I crossed the line after {x}. Better than I had hoped.",
                "four hours ten",
                "just under four hours",
                "three hours fifty",
                "almost five hours",
            ),
            _d(
                "What charity did {S} run for?",
                "Were you raising money?",
                "I was, for {x}. People gave more than I expected.",
                "mental health",
                "the children's hospital",
                "an animal shelter",
                "cancer research",
            ),
        ),
    ),
    Subject(
        "camping",
        "sport",
        "When did {S} go camping?",
        (
            "We went camping in the mountains {when}. So peaceful!",
            "I just got back from a camping trip {when}, {other}. No phones for three days.",
        ),
        "a photo of a tent beside a lake",
        (
            _d(
                "What did {S} see on the camping trip?",
                "What was the highlight?",
                "At night we watched {x}. I'll never forget it.",
                "a meteor shower",
                "a family of deer",
                "the northern lights",
                "an owl hunting",
            ),
            _d(
                "What went wrong when {S} was in the tent?",
                "Did everything go well?",
                "Not quite: {x} on the second evening. We laughed about it later.",
                "it poured with rain",
                "a raccoon stole our bread",
                "the stove broke",
                "I sprained my ankle",
            ),
        ),
    ),
    Subject(
        "swimming",
        "sport",
        "When did {S} join the swimming team?",
        (
            "I joined a swimming team {when}. Early mornings ahead!",
            "I started swimming again {when}; there is a club at the pool near us.",
        ),
        "a photo of a swimming pool with lanes",
        (
            _d(
                "How often does {S} train in the pool?",
                "How often do you go?",
                "I go {x}, before breakfast.",
                "three times a week",
                "every weekday",
                "on Mondays and Thursdays",
                "twice a week",
            ),
            _d(
                "Which stroke does {S} find the hardest?",
                "Is it difficult?",
                "The {x} is killing me. My arms just won't do it.",
                "butterfly",
                "backstroke",
                "crawl",
                "medley",
            ),
        ),
    ),
    Subject(
        "climbing",
        "sport",
        "When did {S} try climbing?",
        (
            "I tried climbing {when} at that new hall. What a thrill!",
            "{other}, I went rock climbing {when} and I'm hooked.",
        ),
        "a photo of a person on a climbing wall",
        (
            _d(
                "Who introduced {S} to climbing?",
                "Who took you there?",
                "It was {x} who dragged me along.",
                "my colleague Sven",
                "my cousin",
                "an old school friend",
                "my boss",
            ),
            _d(
                "What was {S} afraid of on the wall?",
                "Weren't you scared?",
                "Terrified, mostly of {x}. But you get used to it.",
                "the height",
                "falling on somebody",
                "the rope",
                "looking down",
            ),
        ),
    ),
    Subject(
        "dog",
        "family",
        "When did {S} adopt a dog?",
        (
            "We adopted a puppy {when}! The kids are over the moon.",
            "Big news, {other}: we got a dog from the shelter {when}.",
        ),
        "a photo of a small brown dog on a sofa",
        (
            _d(
                "What is the name of the pet of {S}?",
                "What is it called?",
                "The little one is called {x}. Everybody wanted another name, of course.",
                "Biscuit",
                "Captain",
                "Luna",
                "Waffles",
            ),
            _d(
                "What did the puppy of {S} destroy?",
                "Is it behaving?",
                "Hardly. This morning it chewed up {x}.",
                "my slippers",
                "a library book",
                "the remote control",
                "half a cushion",
            ),
        ),
    ),
    Subject(
        "wedding",
        "family",
        "When was the wedding that {S} attended?",
        (
            "My sister got married {when}. I cried the whole time.",
            "I was at a wedding {when}, {other}: my brother finally tied the knot.",
        ),
        "a photo of a couple dancing under lights",
        (
            _d(
                "Where was the wedding that {S} went to?",
                "Where did they celebrate?",
                "It was held in {x}, with lanterns everywhere.",
                "an old barn",
                "a vineyard",
                "a garden by the sea",
                "the town hall",
            ),
            _d(
                "What speech did {S} give at the ceremony?",
                "Did you have to say something?",
                "I told the story of {x}, and everyone roared.",
                "our first bicycle",
                "the broken window",
                "the lost suitcase",
                "that summer in Greece",
            ),
        ),
    ),
    Subject(
        "museum",
        "family",
        "When did {S} take the kids to the museum?",
        (
            "I took the kids to the museum {when}. They loved it!",
            "We visited the natural history museum {when}, the whole family.",
        ),
        "a photo of children looking at a skeleton",
        (
            _d(
                "What did the children of {S} like best in the museum?",
                "What did they like?",
                "They could not stop talking about {x}.",
                "the dinosaur bones",
                "the whale",
                "the rocks that glow",
                "the insects",
            ),
            _d(
                "What did {S} buy for the kids?",
                "Did you bring something home?",
                "Of course, {x} from the shop. There was no way around it.",
                "a plush shark",
                "a fossil kit",
                "two puzzles",
                "a kite",
            ),
        ),
    ),
    Subject(
        "birthday",
        "family",
        "When did {S} celebrate a birthday in the family?",
        (
            "We celebrated my daughter's birthday {when}. What a party!",
            "{when} was my son's birthday, {other}, and the house is still a mess.",
        ),
        "a photo of a cake with candles",
        (
            _d(
                "What cake was served at the birthday of the child of {S}?",
                "Was there cake?",
                "Naturally: {x}, three layers of it.",
                "chocolate and cherries",
                "lemon",
                "carrot",
                "strawberry cream",
            ),
            _d(
                "What present did the child of {S} get?",
                "What did you give?",
                "We went for {x}. It has not been out of sight since.",
                "a telescope",
                "a skateboard",
                "a drum",
                "an aquarium",
            ),
        ),
    ),
    Subject(
        "promotion",
        "work",
        "When was {S} promoted?",
        (
            "I got promoted {when}! I'm a team lead now.",
            "{other}, I have news: {when} they offered me a promotion.",
        ),
        "a photo of a desk with a plant",
        (
            _d(
                "How many people does {S} manage?",
                "What will change?",
                "I'll be in charge of {x}. It's a lot.",
                "six people",
                "the whole night shift",
                "two teams",
                "eleven engineers",
            ),
            _d(
                "What does {S} worry about in the new position?",
                "Are you nervous?",
                "A bit, because of {x}.",
                "all the meetings",
                "the budget",
                "having to fire somebody",
                "the long hours",
            ),
        ),
    ),
    Subject(
        "interview",
        "work",
        "When did {S} have a job interview?",
        (
            "I had a job interview {when}. Fingers crossed!",
            "I applied for a new job, and {when} they invited me to talk.",
        ),
        "a photo of a glass office building",
        (
            _d(
                "With which company did {S} have an interview?",
                "Who is it with?",
                "It's {x}, of all things.",
                "a small publisher",
                "the railway",
                "a hospital",
                "a games studio",
            ),
            _d(
                "What question surprised {S} in the interview?",
                "How did it go?",
                "Fine, until they asked me about {x}. I had no answer.",
                "my biggest failure",
                "salaries",
                "the gap in my résumé",
                "juggling",
            ),
        ),
    ),
    Subject(
        "business",
        "work",
        "When did {S} open a business?",
        (
            "I opened my own shop {when}. I can't believe it's real!",
            "So it's official, {other}: I started a business {when}.",
        ),
        "a photo of a shop window with flowers",
        (
            _d(
                "What does the store of {S} sell?",
                "What are you selling?",
                "Mostly {x}. There's nothing like it around here.",
                "second-hand records",
                "handmade soap",
                "tea",
                "bicycle parts",
            ),
            _d(
                "How did {S} pay for starting the company?",
                "How did you finance it?",
                "With {x}, and a lot of hope.",
                "a loan from the bank",
                "my savings",
                "money my aunt left me",
                "a grant",
            ),
        ),
    ),
    Subject(
        "course",
        "work",
        "When did {S} enrol in an evening course?",
        (
            "I enrolled in an evening course {when}. Back to school!",
            "I'm studying again, {other}! {when} I started a course after work.",
        ),
        "a photo of books on a table",
        (
            _d(
                "What subject does {S} study?",
                "What are you learning?",
                "It's {x}. Harder than I thought.",
                "accounting",
                "web design",
                "counselling",
                "Japanese",
            ),
            _d(
                "What degree does {S} hope to get?",
                "What comes after?",
                "If all goes well I'll have {x} by next summer.",
                "a certificate",
                "a master's degree",
                "a teaching licence",
                "a diploma",
            ),
        ),
    ),
    Subject(
        "garden",
        "home",
        "When did {S} plant the garden?",
        (
            "I spent all day in the garden {when}, planting.",
            "We finally put in a vegetable garden {when}. My back!",
        ),
        "a photo of a garden bed with young plants",
        (
            _d(
                "What does {S} grow in the garden?",
                "What did you plant?",
                "Rows of {x}. Let's see if the snails leave any.",
                "tomatoes",
                "sunflowers",
                "beans and peas",
                "lavender",
            ),
            _d(
                "What animal damages the plants of {S}?",
                "Does it grow well?",
                "It would, if it weren't for {x}.",
                "the rabbits",
                "a very fat pigeon",
                "the snails",
                "our neighbour's cat",
            ),
        ),
    ),
    Subject(
        "kitchen",
        "home",
        "When did {S} renovate the kitchen?",
        (
            "We tore out the old kitchen {when}. Dust everywhere!",
            "The renovation of our kitchen started {when}, {other}.",
        ),
        "a photo of a kitchen without cupboards",
        (
            _d(
                "What colour did {S} choose for the cupboards?",
                "What will it look like?",
                "Everything in {x}, with wooden handles.",
                "dark green",
                "pale yellow",
                "white",
                "navy blue",
            ),
            _d(
                "How long will the renovation take {S}?",
                "When will it be done?",
                "The builder says {x}. I don't believe him.",
                "three weeks",
                "by Easter",
                "two months",
                "ten days",
            ),
        ),
    ),
    Subject(
        "moving",
        "home",
        "When did {S} move to a new home?",
        (
            "We moved into the new flat {when}. Boxes everywhere.",
            "I've moved, {other}! {when} I got the keys to my new place.",
        ),
        "a photo of boxes in an empty room",
        (
            _d(
                "What does {S} like about the new flat?",
                "How do you like it?",
                "The best thing is {x}. I could sit there all day.",
                "the balcony",
                "the quiet",
                "a bath with a window",
                "the view of the river",
            ),
            _d(
                "From where did {S} move away?",
                "Do you miss the old one?",
                "Sometimes. After nine years in {x} you know every stone.",
                "Hamburg",
                "that village",
                "the city centre",
                "Sweden",
            ),
        ),
    ),
    Subject(
        "volunteering",
        "good",
        "When did {S} start volunteering?",
        (
            "I started volunteering {when}, and it's so rewarding.",
            "{other}, I've been volunteering since {when}. You'd like it.",
        ),
        "a photo of people packing boxes of food",
        (
            _d(
                "Where does {S} volunteer?",
                "Where is that?",
                "At {x}, every second Saturday.",
                "the homeless shelter",
                "a food bank",
                "the animal rescue",
                "an old people's home",
            ),
            _d(
                "What moved {S} while helping others?",
                "What is it like?",
                "Last time {x} thanked me in tears. That stays with you.",
                "a single mother",
                "an old sailor",
                "a boy of twelve",
                "a refugee",
            ),
        ),
    ),
    Subject(
        "fundraiser",
        "good",
        "When did {S} organise a fundraiser?",
        (
            "I organised a fundraiser {when}. What a turnout!",
            "{when} we held a charity event at the school, and I was running it.",
        ),
        "a photo of a stall with cakes",
        (
            _d(
                "How much money did the charity event of {S} raise?",
                "Was it a success?",
                "We collected {x}! I counted it twice.",
                "two thousand dollars",
                "over nine hundred euros",
                "five thousand",
                "enough for a new roof",
            ),
            _d(
                "What was auctioned at the fundraiser by {S}?",
                "What was the best part?",
                "Somebody bid on {x}. It went on for ten minutes.",
                "a signed football",
                "a dinner with the mayor",
                "an ugly lamp",
                "a week in a cabin",
            ),
        ),
    ),
    Subject(
        "mentoring",
        "good",
        "When did {S} become a mentor?",
        (
            "I became a mentor for a teenager {when}. I was so nervous.",
            "I joined a mentoring programme {when}, {other}.",
        ),
        "a photo of two people on a bench",
        (
            _d(
                "What does the teenager that {S} mentors want to become?",
                "What are they like?",
                "So bright! Wants to be {x} one day.",
                "a pilot",
                "a nurse",
                "a chef",
                "an astronomer",
            ),
            _d(
                "What do {S} and the teenager do together?",
                "What do you do?",
                "We mostly {x} and talk.",
                "play chess",
                "walk along the river",
                "cook",
                "fix bicycles",
            ),
        ),
    ),
)
