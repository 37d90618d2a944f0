# Patients with a biomarker of a gene, and the best response to each treatment, as a data frame.
#
#   GRAPH=http://127.0.0.1:8000/graphql TOKEN=… Rscript examples/clients/patients.R BRAF
#
# writes it as CSV; source() this file to have `patients()` instead. One row for each treatment; a
# patient without one has a row too. Needs the packages curl and jsonlite. PAGE_SIZE is how many
# patients are asked for at once.

query <- "query ($gene: String!, $first: Int!, $after: String) {
  patients(
    first: $first
    after: $after
    where: { biomarkers: { some: { gene: { symbol: { eq: $gene } } } } }
  ) {
    pageInfo { hasNextPage endCursor }
    nodes { id ageBand treatments { cohort { code } outcome { bestOverallResponse } } }
  }
}"

ask <- function(query, variables) {
  address <- Sys.getenv("GRAPH")
  body <- jsonlite::toJSON(
    list(query = query, variables = variables), auto_unbox = TRUE, null = "null"
  )
  handle <- curl::new_handle(copypostfields = body)
  curl::handle_setheaders(
    handle,
    "Content-Type" = "application/json",
    "Authorization" = paste("Bearer", Sys.getenv("TOKEN"))
  )
  text <- rawToChar(curl::curl_fetch_memory(address, handle)$content)
  Encoding(text) <- "UTF-8"
  answer <- tryCatch(jsonlite::fromJSON(text, simplifyVector = FALSE), error = function(e) NULL)
  if (!any(c("data", "errors") %in% names(answer))) {
    stop(address, " answered no GraphQL: is it the address of /graphql?", call. = FALSE)
  }
  for (error in answer$errors) {
    stop(error$extensions$code, ": ", error$message, call. = FALSE)
  }
  answer$data
}

patients <- function(gene, page_size = 500L) {
  rows <- list()
  after <- NULL
  repeat {
    page <- ask(query, list(gene = gene, first = page_size, after = after))$patients
    for (patient in page$nodes) {
      treatments <- if (length(patient$treatments)) patient$treatments else list(NULL)
      for (treatment in treatments) {
        rows[[length(rows) + 1]] <- list(
          patient = patient$id,
          age_band = patient$ageBand,
          cohort = treatment$cohort$code,
          best_response = treatment$outcome$bestOverallResponse
        )
      }
    }
    if (!page$pageInfo$hasNextPage) break
    after <- page$pageInfo$endCursor
  }
  column <- function(name) {
    vapply(rows, function(row) if (is.null(row[[name]])) NA_character_ else row[[name]], "")
  }
  data.frame(
    patient = column("patient"),
    age_band = column("age_band"),
    cohort = column("cohort"),
    best_response = factor(column("best_response"), c("CR", "PR", "SD", "PD", "NE"))
  )
}

if (sys.nframe() == 0L) {
  gene <- commandArgs(trailingOnly = TRUE)
  if (length(gene) != 1) stop("usage: patients.R GENE", call. = FALSE)
  page_size <- as.integer(Sys.getenv("PAGE_SIZE", "500"))
  write.csv(patients(gene, page_size), row.names = FALSE, na = "")
}
