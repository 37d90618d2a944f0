-- migrate:up
-- A reader's name and a reason in free words can name people, and a study's last day beside days of
-- someone alive tells nearly the day on which their treatment began: these stay with the data office
-- and, of their own patients, the hospitals.
revoke select (evaluator_id) on connect.response_assessment, connect.lesion from connect_partner, connect_researcher;
revoke select (not_evaluable_reason) on connect.treatment from connect_partner, connect_researcher;
revoke select (data_cut_off) on connect.outcome from connect_partner, connect_researcher;
revoke select on connect.study from connect_partner, connect_researcher, connect_authority;
grant select (id, code, title, synthetic) on connect.study to connect_partner, connect_researcher, connect_authority;
comment on column connect.response_assessment.evaluator_id is
  'which of several evaluators, as recorded, such as RADIOLOGIST 2, or a name; null where there is one';
comment on column connect.lesion.evaluator_id is
  'which of several evaluators, as recorded, such as RADIOLOGIST 2, or a name; null where there is one';

-- migrate:down
