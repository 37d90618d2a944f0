select case when set_config('app.issuer', $1, true) is not null and set_config('app.organisation', $2, true) is not null and set_config('app.subject', $3, true) is not null and set_config('app.scope', $4, true) is not null and set_config('app.purpose', $5, true) is not null and ($6::uuid is null or (select v.version from connect.viewer_version v) = $6 and $7::text::tstzrange @> now()) then (
  select array_to_string(array[]::bigint[], ' ') || E'\n' || coalesce(null, '') || E'\n' || '{"viewer":' || $8::text || '}'
) end
