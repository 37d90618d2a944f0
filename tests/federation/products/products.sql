-- The tables of the products subgraph, and what the suite expects in them.
create table connect.author (
  id bigint primary key,
  email text not null unique,
  name text,
  total_products_created integer
);
create table connect.product (
  id bigint primary key,
  code text not null unique,
  sku text,
  package text,
  variation_id text,
  dimensions_size text,
  dimensions_weight double precision,
  dimensions_unit text,
  author_id bigint references connect.author,
  notes text
);
create table connect.product_research (
  product_id bigint not null references connect.product,
  study_case_number text not null unique,
  study_description text,
  outcome text
);
create table connect.inventory (
  id bigint primary key,
  code text not null unique
);
create table connect.deprecated_product (
  sku text not null,
  package text not null,
  reason text,
  author_id bigint references connect.author,
  inventory_id bigint references connect.inventory,
  unique (sku, package)
);

create function connect.products_per_year(products text, years text) returns integer
language sql immutable parallel safe as $$
  select round(products::numeric / nullif(years::numeric, 0))::integer
$$;

grant select on connect.author, connect.product, connect.product_research, connect.inventory,
  connect.deprecated_product to connect_researcher, connect_clinician;
-- Of the two, clinicians cannot compute what depends on other subgraphs.
grant execute on function connect.products_per_year to connect_researcher;

insert into connect.author values (1, 'support@apollographql.com', 'Jane Smith', 1337);
insert into connect.product values
  (1, 'apollo-federation', 'federation', '@apollo/federation', 'OSS', 'small', 1, 'kg', 1, null),
  (2, 'apollo-studio', 'studio', '', 'platform', 'small', 1, 'kg', 1, null);
insert into connect.product_research values
  (1, '1234', 'Federation Study', null),
  (2, '1235', 'Studio Study', null);
insert into connect.inventory values (1, 'apollo-oss');
insert into connect.deprecated_product values
  ('apollo-federation-v1', '@apollo/federation-v1', 'Migrate to Federation V2', 1, 1);
