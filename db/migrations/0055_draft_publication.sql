-- migrate:up
-- What publishing has decided so far, so that it goes on where it was broken off. A line holds who could
-- be moved without any published number changing: nobody reads it, and publishing removes it.
create table connect.publication_draft (
  release_id bigint not null references connect.data_release,
  inputs text collate "C" not null check (inputs ~ '^[0-9a-f]{64}$'),
  family text collate "C" not null,
  step integer not null check (step >= 0),
  line jsonb not null,
  primary key (release_id, inputs, family, step)
);
comment on table connect.publication_draft is 'What publishing a release has decided so far.';
comment on column connect.publication_draft.inputs is '{SHA-256} of all that it is decided from';
comment on column connect.publication_draft.family is 'measures that are decided together';
comment on column connect.publication_draft.step is 'from 0, in the order of decisions';
comment on column connect.publication_draft.line is 'the verdict, and the certificates that it rests on';
call connect.protect('connect.publication_draft');
revoke all on connect.publication_draft from connect_steward;

-- migrate:down
