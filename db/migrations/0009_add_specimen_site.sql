-- migrate:up
alter table connect.specimen add column anatomic_site text;
comment on column connect.specimen.anatomic_site is 'where it was taken from, as recorded';
grant select (anatomic_site) on connect.specimen to connect_partner, connect_researcher, connect_clinician;

-- migrate:down
