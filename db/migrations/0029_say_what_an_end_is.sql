-- migrate:up
comment on column connect.treatment.end_day is
  '[days] after treatment start of the first day off it: an infusion covers its cycle of 21 days; null: going on or not known';

-- migrate:down
