-- Whom a release frozen at an instant ($1) holds: who consents to research at that instant. A fact
-- without a date counts as of the last day on which it can have happened: the data cut-off of its
-- study, or else the day of the study's last import.
insert into pg_temp.release_patient (patient_id, study_id, told_until)
select p.id, p.study_id, coalesce(s.data_cut_off, b.imported_on, 'infinity')
from connect.patient p
join connect.study s on s.id = p.study_id
left join (
  select i.study_id, (max(i.imported_at) at time zone 'UTC')::date as imported_on
  from connect.import_batch i group by i.study_id
) b on b.study_id = s.id
where exists (
  select from connect.consent c
  where c.patient_id = p.id and c.purpose = 'RESEARCH'
    and c.given_at <= $1 and (c.withdrawn_at is null or c.withdrawn_at > $1))
