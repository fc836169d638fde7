"""The SQL of a commit: fences, heads, and a part for each kind of row that there is to write."""

from functools import cache

from ..legs import END, FENCES

_HEAD = f"""
WITH wanted AS (
    SELECT * FROM unnest(
        %(runs)b::text[], %(leg_ids)b::text[], %(owner_xids)b::text[], %(counts)b::int[],
        %(workers)b::text[], %(statuses)b::text[], %(outputs)b::text[], %(errors)b::text[]
    ) AS w(run, leg_id, owner_xid, events, worker, status, outputs, error)
),
fence AS MATERIALIZED ({FENCES}),
head AS (
    UPDATE pai.run r SET seq = r.seq + f.events, batch = %(batch)s,
        started_at = coalesce(r.started_at, now())
    FROM fence f
    WHERE r.id = f.run AND r.batch IS DISTINCT FROM %(batch)s
      AND r.status IN ('queued', 'running', 'waiting')
    RETURNING r.workspace, r.id, r.seq, r.seq - f.events AS told, r.leg, r.owner, r.caller,
              f.worker,
              coalesce(r.wish, CASE WHEN r.breakpoints IS NOT NULL THEN 'halt' END) AS wish
)"""

_HEAD_AND_CHANGE = _HEAD.replace(
    "started_at = coalesce(r.started_at, now())",
    """started_at = coalesce(r.started_at, now()),
        status = coalesce(f.status, r.status),
        outputs = coalesce(f.outputs::json, r.outputs),
        error = coalesce(f.error::json, r.error),
        ended_at = CASE WHEN f.status IN ('completed', 'failed') THEN now() END""",
)

_ANY_STEPS = """,
steps AS (
    INSERT INTO pai.step
        (workspace, run, path, attempt, node, block, version, effect, status,
         leg, worker, outputs, error, owner, caller, started_at, ended_at, inside{columns})
    SELECT head.workspace, head.id, s.path, s.attempt, s.node, s.block, s.version, s.effect,
           s.status, head.leg, head.worker, s.outputs::json, s.error::json, head.owner, head.caller,
           s.started_at, s.ended_at, s.inside = 1{values}
    FROM head JOIN unnest(
        %(step_runs)b::text[],
        %(step_paths)b::text[], %(step_attempts)b::int[], %(step_nodes)b::text[],
        %(step_blocks)b::text[], %(step_versions)b::int[], %(step_effects)b::text[],
        %(step_statuses)b::text[], %(step_outputs)b::text[], %(step_errors)b::text[],
        %(step_starts)b::timestamptz[], %(step_ends)b::timestamptz[],
        %(step_insides)b::int[]{arrays}
    ) AS s(run, path, attempt, node, block, version, effect, status,
           outputs, error, started_at, ended_at, inside{columns}) ON s.run = head.id
    ON CONFLICT (run, path, attempt) DO UPDATE SET
        status = excluded.status, outputs = excluded.outputs, error = excluded.error,
        ended_at = excluded.ended_at,
        leg = excluded.leg, worker = excluded.worker{changes}
)"""

_STEPS = _ANY_STEPS.format(columns="", values="", arrays="", changes="")

_STEPS_AND_MORE = _ANY_STEPS.format(
    columns=", cost, reused_from",
    values=", s.cost::json, s.reused_from",
    arrays=", %(step_costs)b::text[], %(step_sources)b::text[]",
    changes=""",
        cost = coalesce(excluded.cost, pai.step.cost), reused_from = excluded.reused_from""",
)
"""The same where one of them has spent something, or has a kept result; most have not."""

_EVENTS = """,
events AS (
    INSERT INTO pai.event (workspace, run, seq, at, path, node, attempt, owner, caller, body)
    SELECT head.workspace, head.id, head.told + e.n, e.at, e.path, e.node, e.attempt,
           head.owner, head.caller, e.body::json
    FROM head JOIN unnest(
        %(event_runs)b::text[], %(event_numbers)b::int[], %(event_times)b::timestamptz[],
        %(event_paths)b::text[], %(event_nodes)b::text[], %(event_attempts)b::int[],
        %(event_bodies)b::text[]
    ) AS e(run, n, at, path, node, attempt, body) ON e.run = head.id
)"""

_RECORDS = """,
written AS (
    SELECT * FROM unnest(
        %(record_runs)b::text[],
        %(record_keys)b::text[], %(record_modes)b::text[], %(record_values)b::text[],
        %(record_writes)b::int[], %(record_paths)b::text[]
    ) AS r(run, key, mode, value, writes, path)
),
records AS (
    INSERT INTO pai.record AS kept (workspace, key, value, revision, run, path, owner, caller)
    SELECT head.workspace, r.key, r.value::jsonb, r.writes, head.id, r.path, head.owner, head.caller
    FROM head JOIN written AS r ON r.run = head.id ORDER BY r.key
    ON CONFLICT (workspace, key) DO UPDATE SET
        value = CASE WHEN (SELECT mode FROM written WHERE written.key = excluded.key) = 'append'
                       AND (kept.expires_at IS NULL OR kept.expires_at > now())
                     THEN kept.value || excluded.value ELSE excluded.value END,
        expires_at = CASE WHEN kept.expires_at > now()
            AND (SELECT mode FROM written WHERE written.key = excluded.key) = 'append'
            THEN kept.expires_at END,
        revision = kept.revision + excluded.revision,
        run = excluded.run, path = excluded.path, owner = excluded.owner, caller = excluded.caller,
        updated_at = now()
)"""

_QUESTIONS = """,
questions AS (
    INSERT INTO pai.question
        (workspace, id, run, path, node, attempt, text, choices, kind, asked, answer_type, block,
         inputs, inputs_hash, due, at_expiry, topic, match, owner, caller)
    SELECT head.workspace, q.id, head.id, q.path, q.node, q.attempt, q.text, q.choices::json,
           q.kind, ARRAY(SELECT json_array_elements_text(q.asked::json)), q.answer_type::json,
           q.block, q.inputs::json, q.inputs_hash, q.due, q.at_expiry::json,
           q.topic, q.match::jsonb, head.owner, head.caller
    FROM head JOIN unnest(
        %(question_runs)b::text[],
        %(question_ids)b::text[], %(question_paths)b::text[], %(question_nodes)b::text[],
        %(question_attempts)b::int[], %(question_texts)b::text[], %(question_choices)b::text[],
        %(question_kinds)b::text[], %(question_asked)b::text[], %(question_types)b::text[],
        %(question_blocks)b::text[], %(question_inputs)b::text[], %(question_hashes)b::text[],
        %(question_dues)b::timestamptz[], %(question_at_expiry)b::text[],
        %(question_topics)b::text[], %(question_matches)b::text[]
    ) AS q(run, id, path, node, attempt, text, choices, kind, asked, answer_type, block, inputs,
           inputs_hash, due, at_expiry, topic, match) ON q.run = head.id
    ON CONFLICT (run, id) DO UPDATE SET answer = NULL, answered_at = NULL, due = excluded.due,
        topic = excluded.topic
    WHERE pai.question.answer ->> 'choice' = 'moot'
)"""
"""One that was closed is open again when somebody else asks it, as of a budget."""

_CLOSED = """,
closed AS (
    UPDATE pai.question q SET answer = c.answer::json, answered_at = clock_timestamp(),
        due = NULL, topic = NULL
    FROM head JOIN unnest(
        %(closed_runs)b::text[], %(closed_ids)b::text[], %(closed_answers)b::text[]
    ) AS c(run, id, answer) ON c.run = head.id
    WHERE q.run = head.id AND q.answer IS NULL AND (q.id = c.id OR c.id IS NULL)
)"""
"""Of a closing and an answer one wins: both hold the run's row, and each looks again under it."""

_USES = """,
uses AS (
    INSERT INTO pai.blob_use (workspace, sha256, media_type, run)
    SELECT head.workspace, u.sha256, u.media_type, head.id
    FROM head JOIN unnest(%(use_runs)s::text[], %(use_hashes)s::text[], %(use_types)s::text[])
         AS u(run, sha256, media_type) ON u.run = head.id
    ORDER BY 2, 3
    ON CONFLICT DO NOTHING
)"""

_SIGNALS = """,
signals AS (
    INSERT INTO pai.signal (workspace, name, value, facts, run, path, expires_at, owner, caller)
    SELECT head.workspace, s.name, s.value::json, s.facts::jsonb, head.id, s.path,
           now() + s.keep_s::float8 * interval '1 second', head.owner, head.caller
    FROM head JOIN unnest(
        %(signal_runs)b::text[], %(signal_names)b::text[], %(signal_values)b::text[],
        %(signal_facts)b::text[], %(signal_paths)b::text[], %(signal_keeps)b::text[]
    ) AS s(run, name, value, facts, path, keep_s) ON s.run = head.id
)"""

_TOUCHES = """,
touches AS (
    INSERT INTO pai.step_touch
        (workspace, run, path, attempt, layer, target, version, mode, owner, caller)
    SELECT head.workspace, head.id, t.path, t.attempt, t.layer, t.target, t.version, t.mode,
           head.owner, head.caller
    FROM head JOIN unnest(
        %(touch_runs)b::text[], %(touch_paths)b::text[], %(touch_attempts)b::int[],
        %(touch_layers)b::text[], %(touch_targets)b::text[], %(touch_versions)b::text[],
        %(touch_modes)b::text[]
    ) AS t(run, path, attempt, layer, target, version, mode) ON t.run = head.id
    ON CONFLICT DO NOTHING
)"""

_END = f""",
ended AS (
    SELECT fence.leg_id, fence.owner_xid FROM fence JOIN head ON head.id = fence.run
    WHERE fence.status IN ('completed', 'failed')
),
{END.format(legs="ended")}"""

_RESULT = """
SELECT fence.run, head.seq, head.wish FROM fence LEFT JOIN head ON head.id = fence.run"""
"""A run that is not named has lost its fence; one without a position had been written already.
With it comes what people wish of the run: so nothing starts after a record that was made later."""

_RESULT_OF_END = f"""{_RESULT}
UNION ALL
SELECT r.id, NULL, NULL FROM wanted w JOIN pai.run r ON r.id = w.run WHERE r.batch = %(batch)s"""
"""The end of a run takes its own fence away. Sent again, it finds that it had arrived."""


@cache
def statement_of(
    change: bool,
    end: bool,
    steps: bool,
    more: bool,
    events: bool,
    records: bool,
    questions: bool,
    closed: bool,
    signals: bool,
    uses: bool,
    touches: bool,
) -> str:
    """The statement that writes rows of these kinds. There are few: a server has each prepared."""
    parts = (
        (steps, _STEPS_AND_MORE if more else _STEPS),
        (events, _EVENTS),
        (records, _RECORDS),
        (questions, _QUESTIONS),
        (closed, _CLOSED),
        (signals, _SIGNALS),
        (uses, _USES),
        (touches, _TOUCHES),
        (end, _END),
    )
    head = _HEAD_AND_CHANGE if change else _HEAD
    result = _RESULT_OF_END if end else _RESULT
    return head + "".join(part for wanted, part in parts if wanted) + result
