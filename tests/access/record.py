"""The records of one random patient: rows of every table that hangs on a patient."""

from __future__ import annotations

from dataclasses import dataclass

from tests.access.draw import Draw, Row

LEVELS = {"ESCAT": ("IA", "IIB", "X"), "ONCOKB": ("1", "3A", "R2"), "AMP": ("IA", "IID", "IV")}
KINDS = ("SMALL_VARIANT", "COPY_NUMBER", "FUSION", "SPLICE_VARIANT", "SIGNATURE")
RESPONSES = ("CR", "PR", "SD", "PD", "NE")


@dataclass(slots=True)
class Records:
    """Draw what is recorded of one patient; `batch` may be None, as for what no import brought."""

    draw: Draw
    patient: int
    study: int
    batch: int | None
    cohorts: list[int]
    drugs: list[int]
    genes: list[int]
    codes: list[str]

    def fill(self) -> None:
        draw = self.draw
        diagnoses = [self._diagnosis(n) for n in range(draw.many(2))]
        specimens = [self._specimen(n, diagnoses) for n in range(draw.many(2))]
        profiles = [self._profile(n, s) for s in specimens for n in range(draw.many(2))]
        markers = [self._biomarker(n, p) for p in profiles for n in range(draw.many(2))]
        if len(specimens) == 2 and draw.many(1):
            self._row(
                "concordance",
                tissue_specimen_id=specimens[0]["id"],
                plasma_specimen_id=specimens[1]["id"],
                days_apart=draw.number(0, 40),
                genes_assessed_in_both=draw.number(1, 40),
                altered_in_both=["KRAS"],
                altered_in_tissue_only=["a, b"],
                altered_in_plasma_only=[],
                rule_set="1",
            )
        for n in range(draw.many(1)):
            self._prior(n, diagnoses)
        for n in range(draw.many(1)):
            self._review(n, markers)
        if draw.chance(0.7):
            self._screening()
        for n in range(draw.many(3)):
            self._treatment(n, specimens, markers)

    def _row(self, table: str, **values: object) -> Row:
        return self.draw.record(table, self.patient, **values)

    def _source(self, n: int) -> Row:
        return {"source_key": f"secret-{self.patient}-{n}", "import_batch_id": self.batch}

    def _diagnosis(self, n: int) -> Row:
        draw = self.draw
        return self._row(
            "diagnosis",
            tumour_type=draw.one("lung", "bowel", "skin"),
            onco_tree_code=draw.maybe(draw.one(*self.codes)),
            icd10=draw.words("C18.9", "C34.1"),
            topography=draw.words("C18.9"),
            morphology=draw.words("8140/3"),
            stage=draw.words("IVA", "IIB"),
            rare=draw.maybe(draw.chance(0.5)),
            **self._source(n),
        )

    def _specimen(self, n: int, diagnoses: list[Row]) -> Row:
        draw = self.draw
        row = self._row(
            "specimen",
            diagnosis_id=draw.one(*diagnoses)["id"] if diagnoses and draw.chance(0.3) else None,
            kind=draw.one("FFPE", "CTDNA"),
            timepoint=draw.one("BASELINE", "PROGRESSION"),
            ordinal=draw.maybe(n + 1),
            day=draw.maybe(draw.number(-30, 200)),
            tumour_cellularity_percent=draw.maybe(draw.number(0, 100)),
            import_batch_id=self.batch,
            anatomic_site=draw.words("liver", "lung"),
        )
        self._row(
            "specimen_identity",
            specimen_id=row["id"],
            study_id=self.study,
            source_key=f"secret-specimen-{row['id']}",
            collected_on=draw.maybe(draw.day()),
        )
        return row

    def _profile(self, n: int, specimen: Row) -> Row:
        draw = self.draw
        row = self._row(
            "molecular_profile",
            specimen_id=specimen["id"],
            assay=draw.one("TSO500", "WGS"),
            panel=draw.words("v2"),
            genome_build=draw.words("GRCh37", "GRCh38"),
            qc_status=draw.words("PASSED", "FAILED"),
            turnaround_days=draw.maybe(draw.number(3, 60)),
            ctdna_fraction_percent=draw.maybe(draw.number(0, 100)),
            gene_list_complete=draw.chance(0.5),
            **self._source(n),
        )
        for gene in draw.some(self.genes, 3):
            self._row("gene_assessed", profile_id=row["id"], gene_id=gene)
        return row

    def _biomarker(self, n: int, profile: Row) -> Row:
        draw = self.draw
        kind = draw.one(*KINDS, "PROTEIN_EXPRESSION")
        small, copy = kind == "SMALL_VARIANT", kind == "COPY_NUMBER"
        valued = kind in {"SIGNATURE", "PROTEIN_EXPRESSION"}
        gene = draw.one(*self.genes)
        row = self._row(
            "biomarker",
            specimen_id=profile["specimen_id"],
            profile_id=draw.maybe(profile["id"]),
            kind=kind,
            gene_id=draw.maybe(gene) if kind == "SIGNATURE" else gene,
            label=f"change {n}",
            origin=draw.words("SOMATIC", "GERMLINE"),
            hgvsg=draw.words("g.1") if small else None,
            hgvsc=draw.words("c.1") if small else None,
            hgvsp=draw.words("p.V600E") if small else None,
            transcript=draw.words("NM_1"),
            consequence=draw.words("Missense") if small else None,
            chromosome=draw.words("7", "X"),
            position=draw.maybe(draw.number(1, 999)) if small else None,
            reference_allele=draw.words("A") if small else None,
            alternate_allele=draw.words("TT") if small else None,
            vaf=draw.maybe(draw.share()) if small else None,
            depth=None if copy or valued else draw.maybe(draw.number(1, 900)),
            copy_number_type=draw.one("GAIN", "LOSS") if copy else None,
            copies=draw.maybe(draw.number(0, 9)) if copy else None,
            cytoband=draw.words("17q") if copy else None,
            partner_gene_id=draw.maybe(draw.one(*self.genes)) if kind == "FUSION" else None,
            signature_kind=draw.one("TMB", "MSI", "HRD") if kind == "SIGNATURE" else None,
            value=draw.maybe(draw.number(0, 99)) if valued else None,
            unit=draw.words("%") if valued else None,
            call=draw.words("HIGH", "LOW") if valued else None,
            source_key=f"secret-{self.patient}-{profile['id']}-{n}",
            import_batch_id=self.batch,
        )
        if draw.many(1):
            system = draw.one(*LEVELS)
            self._row(
                "biomarker_evidence",
                biomarker_id=row["id"],
                system=system,
                level=draw.one(*LEVELS[system]),
                drug_id=draw.maybe(draw.one(*self.drugs)),
                tumour_type=draw.words("any"),
                onco_tree_code=draw.maybe(draw.one(*self.codes)),
                source="knowledge base",
                literature=draw.one([], ["10.1/x", "a, b"]),
                **self._source(n),
            )
        return row

    def _prior(self, n: int, diagnoses: list[Row]) -> None:
        draw = self.draw
        row = self._row(
            "prior_treatment",
            diagnosis_id=draw.one(*diagnoses)["id"] if diagnoses and draw.chance(0.3) else None,
            line=draw.maybe(n + 1),
            regimen="FOLFOX",
            start_day=draw.maybe(-draw.number(50, 90)),
            end_day=draw.maybe(-draw.number(1, 40)),
            best_response=draw.words(*RESPONSES),
            **self._source(n),
        )
        for drug in draw.some(self.drugs, 2):
            self._row("prior_treatment_drug", prior_treatment_id=row["id"], drug_id=drug)

    def _review(self, n: int, markers: list[Row]) -> None:
        draw = self.draw
        row = self._row(
            "tumour_board_review",
            held_day=draw.maybe(draw.number(0, 90)),
            outcome=draw.one("OPTION_FOUND", "NO_ACTIONABLE"),
            **self._source(n),
        )
        self._row(
            "tumour_board_review_identity",
            tumour_board_review_id=row["id"],
            held_on=draw.maybe(draw.day()),
        )
        for each in range(draw.many(3)):
            system = draw.maybe(draw.one(*LEVELS))
            option = self._row(
                "therapeutic_option",
                review_id=row["id"],
                biomarker_id=draw.one(*markers)["id"] if markers and draw.chance(0.7) else None,
                cohort_id=draw.maybe(draw.one(*self.cohorts)),
                evidence_system=system,
                evidence_level=None if system is None else draw.one(*LEVELS[system]),
                **self._source(each),
            )
            for drug in draw.some(self.drugs, 2):
                self._row("therapeutic_option_drug", option_id=option["id"], drug_id=drug)

    def _screening(self) -> None:
        draw = self.draw
        row = self._row(
            "screening",
            profiled_day=draw.maybe(draw.number(1, 50)),
            discussed_day=draw.maybe(draw.number(1, 50)),
            matched=draw.maybe(draw.chance(0.5)),
            import_batch_id=self.batch,
        )
        self._row("screening_identity", screening_id=row["id"], referred_on=draw.maybe(draw.day()))
        for n, cohort in enumerate(draw.some([*self.cohorts, None], 3)):
            self._row(
                "offer",
                screening_id=row["id"],
                cohort_id=cohort,
                offered_day=draw.maybe(draw.number(1, 90)),
                status=draw.one("ACCEPTED", "NO_SLOT"),
                **self._source(n),
            )

    def _treatment(self, n: int, specimens: list[Row], markers: list[Row]) -> None:
        draw = self.draw
        state = draw.maybe(draw.one("EVALUABLE", "NOT_EVALUABLE"))
        row = self._row(
            "treatment",
            cohort_id=draw.one(*self.cohorts) if draw.chance(0.8) else None,
            line=draw.maybe(n + 1),
            ecog=draw.maybe(draw.number(0, 3)),
            end_day=draw.maybe(draw.number(0, 300)),
            end_reason=draw.words("TOXICITY", "PROGRESSION"),
            evaluability=state,
            not_evaluable_reason=draw.words("too ill") if state == "NOT_EVALUABLE" else None,
            import_batch_id=self.batch,
            route=draw.words("ORAL", "OTHER"),
            death_day=draw.maybe(draw.number(0, 900)),
            last_known_alive_day=draw.maybe(draw.number(0, 900)),
            next_therapy_day=draw.maybe(draw.number(0, 900)),
            evaluability_rule_set=None if state is None else draw.words("1"),
        )
        if draw.chance(0.2):
            return  # nothing hangs on it: it may come, and go, late
        treatment = Treatment(self, row)
        treatment.fill()
        treatment.find(specimens, markers)


@dataclass(slots=True)
class Treatment:
    """Draw what hangs on one treatment."""

    of: Records
    row: Row

    def _row(self, table: str, **values: object) -> Row:
        return self.of.draw.record(table, self.of.patient, treatment_id=self.row["id"], **values)

    def fill(self) -> None:
        draw = self.of.draw
        self._row(
            "treatment_identity",
            source_key=f"secret-treatment-{self.row['id']}",
            started_on=draw.maybe(draw.day()),
        )
        for drug in draw.some(self.of.drugs, 2):
            self._row("treatment_drug", drug_id=drug)
        for day in draw.some([0, 112], 2):
            self._row(
                "treatment_funding",
                from_day=day,
                payer=draw.one("COMPANY", "PUBLIC"),
                import_batch_id=self.of.batch,
            )
        for n in range(draw.many(1)):
            self._adverse_event(n)
        assessments = [self._assessment(n) for n in range(draw.many(2))]
        for n in range(draw.many(1)):
            self._lesion(n)
        if draw.chance(0.6):
            self._outcome(assessments)

    def _adverse_event(self, n: int) -> None:
        draw = self.of.draw
        self._row(
            "adverse_event",
            term="tired",
            ctcae_term=draw.words("Fatigue"),
            grade=draw.maybe(draw.number(1, 4)),
            serious=draw.maybe(draw.chance(0.5)),
            relatedness=draw.words("POSSIBLE", "DEFINITE"),
            start_day=draw.maybe(draw.number(0, 9)),
            end_day=draw.maybe(draw.number(10, 20)),
            **self.of._source(n),
        )

    def _assessment(self, n: int) -> Row:
        draw = self.of.draw
        row = self._row(
            "response_assessment",
            day=draw.maybe(draw.number(0, 300)),
            criteria=draw.one("RECIST_1_1", "RANO"),
            evaluator=draw.words("INVESTIGATOR", "INDEPENDENT"),
            target_sum_mm=draw.maybe(draw.number(0, 200)),
            change_from_baseline=draw.maybe(draw.number(-100, 100)),
            change_from_nadir=draw.maybe(draw.number(-100, 100)),
            new_lesion=draw.maybe(draw.chance(0.5)),
            response=draw.words("as was"),
            normalised_response=draw.words(*RESPONSES),
            confirmed=draw.maybe(draw.chance(0.5)),
            evaluator_id=draw.words("secret reader"),
            accepted=draw.maybe(draw.chance(0.5)),
            visit=draw.words("WEEK 9"),
            method=draw.words("CT"),
            **self.of._source(n),
        )
        if draw.chance(0.4):
            self._row(
                "response_component",
                assessment_id=row["id"],
                test="NTRGRESP",
                response="NON-CR/NON-PD",
                **self.of._source(0),
            )
        return row

    def _lesion(self, n: int) -> None:
        draw = self.of.draw
        row = self._row(
            "lesion",
            number=f"T{n}",
            kind=draw.one("TARGET", "NEW"),
            location=draw.words("LIVER"),
            method=draw.words("CT"),
            evaluator=draw.words("INDEPENDENT"),
            evaluator_id=draw.words("secret reader"),
            accepted=draw.maybe(draw.chance(0.5)),
            visit=draw.words("SCREENING"),
            day=draw.maybe(draw.number(-9, 90)),
            **self.of._source(n),
        )
        self._row(
            "lesion_measurement",
            lesion_id=row["id"],
            day=draw.maybe(draw.number(-9, 90)),
            visit=draw.words("WEEK 9"),
            diameter_mm=draw.maybe(draw.number(1, 90)),
            perpendicular_mm=draw.maybe(draw.number(1, 90)),
            state="PRESENT",
            **self.of._source(n),
        )

    def _outcome(self, assessments: list[Row]) -> None:
        draw = self.of.draw
        derived = draw.chance(0.5)
        event = draw.maybe(draw.one("EVENT", "CENSORED"))
        criteria = draw.words("RECIST_1_1")
        self._row(
            "outcome",
            source="DERIVED" if derived else "REPORTED",
            rule_set="1" if derived else None,
            best_overall_response=draw.words(*RESPONSES),
            best_confirmed_response=draw.words(*RESPONSES),
            clinical_benefit_16w=draw.words("YES", "NO"),
            progression_free_survival_event=event,
            progression_free_survival_days=draw.number(0, 900) if event else None,
            overall_survival_event=event,
            overall_survival_days=draw.maybe(draw.number(0, 900)) if event else None,
            duration_of_response_event=event,
            duration_of_response_days=draw.maybe(draw.number(0, 900)) if event else None,
            best_overall_response_reason=draw.words("RESPONSE") if derived else None,
            overall_survival_reason=draw.words("DEATH") if derived else None,
            evaluability=draw.words("EVALUABLE") if derived else None,
            data_cut_off=draw.maybe(draw.day()) if derived else None,
            criteria=criteria,
            evaluator=None if criteria is None else "INDEPENDENT",
            import_batch_id=self.of.batch,
        )
        for row in assessments:
            self._row("outcome_assessment", response_assessment_id=row["id"])

    def find(self, specimens: list[Row], markers: list[Row]) -> None:
        """Draw what its tumour was matched by, and how it became resistant."""
        draw = self.of.draw
        for marker in draw.some(markers, 2):
            self._row("treatment_biomarker", biomarker_id=marker["id"])
        for n in range(draw.many(2)):
            ruled = draw.chance(0.5)
            row = self._row(
                "resistance_finding",
                drug_id=draw.maybe(draw.one(*self.of.drugs)),
                kind=draw.one("PRIMARY", "ACQUIRED"),
                mechanism=draw.one("REVERSION", "BYPASS_RTK"),
                status="SUSPECTED" if ruled else draw.one("CONFIRMED", "REFUTED"),
                day_after_progression=draw.maybe(draw.number(-9, 90)),
                literature=draw.one([], ["10.1/x"]),
                curated=draw.chance(0.3),
                rule_set="1" if ruled else None,
                basis="SAME_MATERIAL" if ruled else None,
                **self.of._source(n),
            )
            for marker in draw.some(markers, 2):
                self._of_finding(row, marker, specimens)

    def _of_finding(self, finding: Row, marker: Row, specimens: list[Row]) -> None:
        draw, patient = self.of.draw, self.of.patient
        change = draw.one("EMERGENT", "RISING")
        draw.record(
            "finding_biomarker",
            patient,
            finding_id=finding["id"],
            biomarker_id=marker["id"],
            change=change,
        )
        both = draw.chance(0.5)
        draw.record(
            "paired_evidence",
            patient,
            finding_id=finding["id"],
            biomarker_id=marker["id"],
            baseline_specimen_id=draw.maybe(specimens[0]["id"]),
            comparator_specimen_id=draw.maybe(specimens[-1]["id"]),
            vaf_before=draw.maybe(draw.share()),
            vaf_after=draw.maybe(draw.share()),
            tested_in_both=both,
            change=change if both else None,
        )
