"""What runs and calendars ask of the catalog, as SQL over the view `files`: every row, by the columns of the catalog.

A row may stand in two files while months are put together: nothing here is changed by that. What holds against what,
and which of several rows is the newer one, is said in `frontispiece.archive.precedence`.
"""

from collections.abc import Sequence
from typing import Final

from frontispiece.archive.precedence import AGE_OF_ROW, STRENGTH, STRENGTH_OF_ROW
from frontispiece.models import ARCHIVED, STALE, TOO_FEW_VOTES, WITHDRAWN, Picture, Status

_PICTURE: Final = [f"picture_{name}" for name in Picture.model_fields]
_IS_WHOLE: Final = " AND ".join(f"{name} IS NOT NULL" for name in _PICTURE)
_VALUES: Final = ", ".join(f"{name} := picture_{name}" for name in Picture.model_fields)
_ANY_RANK: Final = 2**62
_CATEGORIES: Final = "CAST($categories AS VARCHAR[])"
_ALL: Final = f"len({_CATEGORIES}) = 0"
_DONE, _BLOCKED, _FAILED = (1 + STRENGTH.index(status) for status in (Status.DONE, Status.BLOCKED, Status.FAILED))

STANDING: Final = f"""
WITH about AS (
    SELECT *, {AGE_OF_ROW} AS age, recipe = $recipe AS ours FROM files WHERE paper_key IN (SELECT unnest($keys))
), ends AS (
    SELECT paper_key,
        arg_max(struct_pack({_VALUES}), age) FILTER (ours AND status = 'done' AND {_IS_WHOLE}) AS picture,
        arg_max(coalesce(nullif(message, ''), 'A provider refuses it for its content.'), age)
            FILTER (ours AND status = 'blocked') AS refusal,
        max(age) FILTER (ours AND status = 'done') AS done,
        max(age) FILTER (ours AND status = 'blocked') AS blocked,
        max(age) FILTER (ours AND status = 'failed') AS failed,
        coalesce(bool_or(status = 'done') FILTER (NOT ours), false) AS stale
    FROM about GROUP BY paper_key
)
SELECT paper_key, picture, stale,
    CASE WHEN done IS NULL OR blocked > done THEN refusal END AS refusal,
    coalesce(failed IS NOT NULL AND (done IS NULL OR failed > done) AND (blocked IS NULL OR failed > blocked), false)
        AS failed
FROM ends
"""  # noqa: S608 constants
"""How each of `$keys` stands under `$recipe`; papers without rows are left out."""

TALLIES: Final = f"""
WITH rows AS NOT MATERIALIZED (
    SELECT *, list_length IS DISTINCT FROM 0 AS of_list FROM files
    WHERE source = $source AND list_day BETWEEN $first AND $last
), attempts AS (
    -- A number for each, greater the newer it is: quicker to compare than a time and a name.
    SELECT *, row_number() OVER (ORDER BY run_finished_at, run) AS number
    FROM (SELECT DISTINCT run_finished_at, run FROM rows)
), papers AS (
    -- Runs of single papers say how these stand, and nothing of lists.
    SELECT list_day AS day, paper_key, max(number) FILTER (of_list) AS number,
        arg_max(rank, number) FILTER (of_list) AS rank,
        arg_max(coalesce(reason IN ('{TOO_FEW_VOTES}', '{WITHDRAWN}'), false), number) FILTER (of_list) AS unwanted,
        min(CASE WHEN reason = '{ARCHIVED}' THEN {_DONE} ELSE {STRENGTH_OF_ROW} END) FILTER (recipe = $recipe) AS held,
        coalesce(bool_or(recipe = $recipe AND writer IS NOT NULL), false) AS prompted,
        coalesce(bool_or(recipe = $recipe AND painter IS NOT NULL), false) AS painted,
        coalesce(bool_or(status = 'done' OR recipe = $recipe AND reason = '{STALE}'), false) AS made,
        bool_or({_ALL} OR len(paper_categories) = 0 OR list_has_any(paper_categories, {_CATEGORIES})) AS meant
    FROM rows JOIN attempts USING (run_finished_at, run)
    GROUP BY list_day, paper_key HAVING bool_or(of_list)
), readings AS (
    -- What each attempt saw of the list that is meant; rows of earlier versions count as all that stood on it.
    SELECT list_day AS day, number, max(list_length) AS told, count(DISTINCT paper_key) AS seen,
        bool_or({_ALL} OR len(run_categories) = 0 OR list_has_all(run_categories, {_CATEGORIES})) AS covers
    FROM rows JOIN attempts USING (run_finished_at, run) WHERE of_list GROUP BY list_day, number
), lists AS (
    SELECT day, max(number) AS newest, coalesce(arg_max(coalesce(told, seen), number) FILTER (covers), 0) AS length,
        max(number) FILTER (covers AND seen >= coalesce(told, 0)) AS whole,
        -- A limit of an earlier version cannot be told: beyond its length nothing is known.
        arg_max(CASE WHEN told IS NULL THEN seen ELSE {_ANY_RANK} END, number)
            FILTER (covers AND seen >= coalesce(told, 0)) AS known_to
    FROM readings GROUP BY day
), days AS (
    SELECT day, count(*) FILTER (meant) AS listed,
        greatest(0, any_value(length) - count(*) FILTER (number >= coalesce(whole, 0))) AS unseen,
        any_value(whole) AS whole,
        count(*) FILTER (meant AND (archived OR NOT unwanted)) AS wanted,
        count(*) FILTER (meant AND (archived OR prompted)) AS prompted,
        count(*) FILTER (meant AND (archived OR painted)) AS painted,
        count(*) FILTER (meant AND archived) AS archived,
        count(*) FILTER (meant AND held = {_FAILED}) AS failed,
        count(*) FILTER (meant AND held = {_BLOCKED}) AS blocked,
        count(*) FILTER (meant AND made AND NOT archived) AS stale,
        count(*) FILTER (meant AND archived AND number < whole AND rank < known_to) AS left,
        any_value(newest) AS attempt
    FROM (SELECT *, coalesce(held = {_DONE}, false) AS archived FROM papers) JOIN lists USING (day) GROUP BY day
)
SELECT days.* EXCLUDE (attempt, whole) REPLACE (listed + unseen AS listed),
    whole IS NOT NULL AND unseen = 0 AS is_read, run
FROM days JOIN attempts ON number = attempt ORDER BY day
"""  # noqa: S608 constants
"""How the papers of each day from `$first` to `$last` stand, by rows of `$source` and under `$recipe`.

The list meant is that of the papers in any of `$categories`, or all. Only an attempt that looked at all of it says
which papers have gone; one that saw a part, as with a limit, says how long it is.
"""


def narrowed(names: Sequence[str], *, by_keys: bool) -> str:
    """These columns of the rows listed from `$first` to `$last`; where that is wanted, of those about `$keys`."""
    columns = ", ".join(f'"{name}"' for name in names)
    about = " AND paper_key IN (SELECT unnest($keys))" if by_keys else ""
    chosen = f"SELECT {columns} FROM files WHERE list_day BETWEEN $first AND $last{about}"  # noqa: S608 columns' names
    return f"WITH chosen AS ({chosen}) FROM chosen"
