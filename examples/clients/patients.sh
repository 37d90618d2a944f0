#!/usr/bin/env bash
# Writes the patients with a biomarker of a gene, and the best response to each treatment.
#
#   GRAPH=http://127.0.0.1:8000/graphql TOKEN=… examples/clients/patients.sh BRAF
#
# One JSON object a line; a patient without a treatment has one too. Needs curl and jq. PAGE_SIZE is
# how many patients are asked for at once.
set -euo pipefail
: "${GRAPH:?the address of /graphql}" "${TOKEN:?a token}"
gene=${1:?usage: patients.sh GENE}

query='query ($gene: String!, $first: Int!, $after: String) {
  patients(
    first: $first
    after: $after
    where: { biomarkers: { some: { gene: { symbol: { eq: $gene } } } } }
  ) {
    pageInfo { hasNextPage endCursor }
    nodes { id ageBand treatments { cohort { code } outcome { bestOverallResponse } } }
  }
}'

# The token goes through a pipe: everybody on the machine can read arguments.
ask() {
  jq --null-input --arg query "$query" --arg gene "$gene" --argjson after "$1" \
    --argjson first "${PAGE_SIZE:-500}" '{$query, variables: {$gene, $first, $after}}' \
    | curl --silent --show-error --compressed "$GRAPH" --data-binary @- \
      --header 'Content-Type: application/json' \
      --header @<(printf 'Authorization: Bearer %s\n' "$TOKEN")
}

after=null
while true; do
  answer=$(ask "$after")
  if ! jq --exit-status 'has("data") or has("errors")' <<< "$answer" &> /dev/null; then
    echo "$GRAPH answered no GraphQL: is it the address of /graphql?" >&2
    exit 1
  fi
  if jq --exit-status 'has("errors")' <<< "$answer" > /dev/null; then
    jq --raw-output '.errors[] | "\(.extensions.code): \(.message)"' <<< "$answer" >&2
    exit 1
  fi
  jq --compact-output '.data.patients.nodes[] | . as $patient
    | (if .treatments == [] then [null] else .treatments end)[]
    | {
        patient: $patient.id,
        age_band: $patient.ageBand,
        cohort: .cohort.code,
        best_response: .outcome.bestOverallResponse
      }' <<< "$answer"
  after=$(jq '.data.patients.pageInfo | if .hasNextPage then .endCursor else null end' <<< "$answer")
  [ "$after" != null ] || break
done
