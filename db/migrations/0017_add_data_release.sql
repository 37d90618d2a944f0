-- migrate:up
create table connect.data_release (
  id bigint generated always as identity primary key,
  version text collate "C" not null unique check (version ~ '^[A-Za-z0-9_.-]{1,40}$'),
  cut_off date not null,
  frozen_at timestamptz not null,
  manifest_digest text collate "C" not null check (manifest_digest ~ '^[0-9a-f]{64}$'),
  published boolean not null default false,
  check (cut_off <= (frozen_at at time zone 'UTC')::date)
);
comment on table connect.data_release is 'A frozen state of the data that a publication can name.';
comment on column connect.data_release.cut_off is 'the last day that its records tell of';
comment on column connect.data_release.manifest_digest is '{SHA-256} of the list of what is in it';
comment on column connect.data_release.published is 'true: open to those whom its manifest names';

call connect.protect_reference('connect.data_release');

-- migrate:down
