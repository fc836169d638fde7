"""The words that SQL of agents may use: functions that only compute, and types of plain values.

As the parser names them: Postgres's and DuckDB's own, and its names for operators and for what both
write differently. None of them reads a file, a setting or a catalogue, runs a text as SQL, locks,
sleeps, or makes much of little (`repeat`).
"""

FUNCTIONS = frozenset(
    """
    abs acos age and any any_value approx_count_distinct approx_distinct arg_max arg_min array
    array_agg array_append array_cat array_contained_by array_contains array_contains_all
    array_length array_overlaps array_position array_size array_to_string ascii asin atan atan2
    avg bool_and bool_or btrim cardinality case cast cbrt ceil ceiling char_length chr coalesce
    concat concat_ws corr cos count covar_pop covar_samp cume_dist current_date
    current_timestamp date date_add date_bin date_diff date_part date_str_to_date date_sub
    date_trunc day day_of_month day_of_week day_of_year degrees dense_rank div epoch every
    exists exp explode exploding_generate_series extract first first_value floor
    generate_date_array generate_series greatest group_concat grouping histogram hour if initcap
    isnan j_s_o_n_b_contains j_s_o_n_b_contains_all_top_keys j_s_o_n_b_contains_any_top_keys
    j_s_o_n_b_contains_top_key json_agg json_array_length json_bcontains json_extract
    json_extract_path json_extract_path_text json_extract_scalar json_keys json_object_agg
    json_structure json_type json_typeof jsonb_agg jsonb_array_elements
    jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object
    jsonb_contains jsonb_each jsonb_each_text jsonb_exists jsonb_extract jsonb_extract_path
    jsonb_extract_path_text jsonb_extract_scalar jsonb_object_agg jsonb_object_keys
    jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_strip_nulls jsonb_typeof kurtosis
    lag last last_value lead least left len length list list_contains list_value ln log log10
    logical_and logical_or lower ltrim make_date make_interval max md5 median min minute mod
    mode month now nth_value ntile nullif num_nonnulls num_nulls or percent_rank percentile_cont
    percentile_disc pi posexplode position pow power quantile quantile_cont quarter radians
    random rank regexp_count regexp_like regexp_match regexp_matches regexp_replace
    regexp_split_to_array regexp_substr replace reverse right round row row_number rtrim second
    sign sin skewness split_part sqrt starts_with stddev stddev_pop stddev_samp str_position
    str_to_date str_to_time strftime string_agg string_to_array strpos substr substring sum tan
    time_to_str timestamp_trunc to_char to_date to_json to_jsonb to_number to_timestamp
    translate trim trunc try_cast ts_or_ds_to_date typeof unnest upper var_pop var_samp variance
    variance_pop week width_bucket xor year
    """.split()  # noqa: SIM905 - as prose it is read, as a list of strings it is scrolled
)
TYPES = frozenset(
    """
    array bigdecimal bigint bit boolean char date decimal double float int int128 interval json
    jsonb nchar nvarchar smallint text time timestamp timestampltz timestampntz timestamptz
    timetz tinyint ubigint udecimal uint usmallint utinyint uuid varchar
    """.split()  # noqa: SIM905
)
