"""The statement that looks up what was published, under row security.

Nothing is counted here: a cell is found as it was decided, or there is none.
"""

from __future__ import annotations

from db.statement import GIVEN, settled

_RELEASE, _GROUPING, _VALUES = (f"${GIVEN + place}::text" for place in range(1, 4))

LOOK_UP = settled(
    f"""with chosen as (
    select p.release_id, p.digest, r.version, r.cut_off, r.frozen_at, r.manifest_digest,
      r.rule_sets, r.published
    from connect.publication p join connect.data_release r on r.id = p.release_id
    where {_RELEASE} is null or r.version = {_RELEASE}
    order by p.published_at desc, p.release_id desc limit 1)
  select json_build_object(
    'release', (select json_build_object('version', c.version, 'cutOff', c.cut_off,
      'frozenAt', c.frozen_at, 'manifestDigest', c.manifest_digest, 'ruleSets', c.rule_sets,
      'published', c.published, 'digest', c.digest) from chosen c),
    'groupings', (select coalesce(json_agg(g.name order by g.name), '[]')
      from connect.published_grouping g join chosen c using (release_id)),
    'stages', (select coalesce(json_object_agg(s.cohort_code, s.stage), '{{}}')
      from connect.published_stage s join chosen c using (release_id) where {_GROUPING} = 'COHORT'),
    'cells', (select coalesce(json_agg(json_build_array(v.dimension_values, v.patients,
        v.evaluable_lower, v.evaluable_upper, v.response_lower, v.response_upper,
        v.benefit_lower, v.benefit_upper) order by v.place), '[]')
      from connect.published_cell v join chosen c using (release_id)
      where v.grouping_name = {_GROUPING} and (
        select bool_and(x.wanted is null or x.wanted = x.value)
        from unnest(v.dimension_values, {_VALUES}[]) x(value, wanted)) is not false))::text"""  # noqa: S608
)
"""Of a version, or the latest: the release, what can be asked of it, and the cells of a grouping by
its name, of the values given for each dimension, null for any."""
