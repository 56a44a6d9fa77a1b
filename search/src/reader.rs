use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use muniment_record::RecordId;
use tantivy::columnar::Column;
use tantivy::schema::{Field, IndexRecordOption, Value};
use tantivy::{Index, IndexReader, ReloadPolicy, Searcher, TantivyDocument};

use crate::collect::{Documents, Ranked, Spread, best, matching, spread};
use crate::columns::Columns;
use crate::engine;
use crate::labels::{Label, Labels};
use crate::layout::{self, Generation};
use crate::plan::{Freedom, Plan, Planner};
use crate::rank::has;
use crate::results::{FacetValue, Facets, Hit, MonthCount, Paging, Results, Snippet, Sort, Status, Total};
use crate::schema::{self, Fields, Shown};
use crate::snippet::{Sought, snippet};
use crate::suggest::suggestions;
use crate::writer::sequence;
use crate::{Error, Query, Scope};

/// With fewer hits than this for the words as typed, the last one is also taken for the beginning of a longer one.
const ENOUGH: u64 = 10;
/// Nobody pages further; the memory of a search has a bound.
const DEEPEST: usize = 10_000;

/// A view of the index for searching; any number of them, in any number of processes. Searches take `&self` and may run at
/// the same time.
pub struct Reader {
    dir: PathBuf,
    fields: Fields,
    view: RwLock<Arc<View>>,
}

/// One state of one index, immutable.
struct View {
    generation: Generation,
    index: Index,
    reader: IndexReader,
    labels: Labels,
    columns: Vec<Columns>,
    opstamp: u64,
    last_sequence: u64,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Reader {
    /// Opens the index in this folder and checks every file of it.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] and [`Error::Corrupt`] are answered by building the index again.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let (_, fields) = schema::schema();
        Ok(Self { dir: dir.to_owned(), fields, view: RwLock::new(Arc::new(View::open(dir)?)) })
    }

    /// Shows what was committed since; cheap where nothing was. On an error the former view goes on serving.
    ///
    /// # Errors
    ///
    /// As [`Reader::open`].
    pub fn refresh(&self) -> Result<(), Error> {
        let former = self.view();
        let is_same_index = layout::current(&self.dir)?.as_ref() == Some(&former.generation);
        let next = if is_same_index { former.reload()? } else { Some(View::open(&self.dir)?) };
        if let Some(next) = next {
            *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        }
        Ok(())
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The sequence number of the last change that this view is sure to show.
    pub fn last_sequence(&self) -> u64 {
        self.view().last_sequence
    }

    /// How many records this view holds, in all scopes.
    pub fn count(&self) -> u64 {
        self.view().reader.searcher().num_docs()
    }

    /// Searches within a scope.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] where the index is found damaged on the way, [`Error::Engine`] where the disk fails.
    pub fn search(&self, scope: &Scope, query: &Query, paging: &Paging) -> Result<Results, Error> {
        let view = self.view();
        let path = &view.generation.path;
        let searcher = view.reader.searcher();
        let fields = &self.fields;
        let (labels, columns) = (&view.labels, &view.columns[..]);
        let search = Search { fields, searcher: &searcher, labels, columns, scope, query, paging };
        // The engine may panic on files that were damaged after they were checked.
        engine::guarded(path, || search.run())
    }

    /// The ids of all records in the index, sorted, for the audit.
    ///
    /// # Errors
    ///
    /// As [`Reader::search`].
    pub fn all_ids(&self) -> Result<Vec<RecordId>, Error> {
        let view = self.view();
        let searcher = view.reader.searcher();
        let mut ids = engine::guarded(&view.generation.path, || ids(&searcher, self.fields.id))?;
        ids.sort_unstable();
        Ok(ids)
    }
}

impl View {
    fn open(dir: &Path) -> Result<Self, Error> {
        let generation = layout::current(dir)?.ok_or_else(|| Error::Missing { dir: dir.to_owned() })?;
        let index = engine::open(&generation.path)?;
        Self::load(generation, index)
    }

    /// The state of the last commit, where that is another than this one.
    fn reload(&self) -> Result<Option<Self>, Error> {
        let path = &self.generation.path;
        let metas = engine::guarded(path, || self.index.load_metas())?;
        if metas.opstamp == self.opstamp {
            return Ok(None);
        }
        let index = self.index.clone();
        Self::load(self.generation.clone(), index).map(Some)
    }

    fn load(generation: Generation, index: Index) -> Result<Self, Error> {
        let path = &generation.path;
        let metas = engine::guarded(path, || index.load_metas())?;
        let last_sequence = sequence(&index, path)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual);
        let reader: IndexReader = engine::guarded(path, || reader.try_into())?;
        let labels = engine::guarded(path, || Labels::read(&reader.searcher()))?;
        let columns = engine::guarded(path, || Columns::all(&reader.searcher()))?;
        Ok(Self { generation, index, reader, labels, columns, opstamp: metas.opstamp, last_sequence })
    }
}

/// One search in one state of the index.
struct Search<'a> {
    fields: &'a Fields,
    searcher: &'a Searcher,
    labels: &'a Labels,
    columns: &'a [Columns],
    scope: &'a Scope,
    query: &'a Query,
    paging: &'a Paging,
}

/// What one way of taking the words found.
struct Found {
    plan: Plan,
    documents: Documents,
    total: u64,
    /// Whether there are no more than these.
    is_all: bool,
    best: Vec<Ranked>,
    /// Whether the first hit has what was typed beyond doubt: no other way of taking the words need be tried.
    is_sure: bool,
}

impl Search<'_> {
    fn run(&self) -> tantivy::Result<Results> {
        let mut found = self.find(self.plan(Freedom::Strict)?)?;
        let is_open = self.query.last_word_is_open();
        if is_open && (!found.is_sure || (self.query.is_one_word() && found.total < ENOUGH)) {
            let plan = self.plan(Freedom::Unfinished)?;
            if plan.is_wider {
                let unfinished = self.find(plan)?;
                if unfinished.total > found.total {
                    found = unfinished;
                }
            }
        }
        let mut approximate = false;
        if !found.is_sure && self.query.ranks() {
            let is_none = found.total == 0;
            let plan = self.plan(Freedom::Similar)?;
            if plan.is_wider {
                let similar = self.find(plan)?;
                if similar.total > 0 && (is_none || similar.is_sure) {
                    found = similar;
                }
            }
            for freedom in [Freedom::Known, Freedom::Most] {
                let plan = if found.total == 0 { Some(self.plan(freedom)?) } else { None };
                if let Some(plan) = plan.filter(|plan| plan.is_wider) {
                    found = self.find(plan)?;
                }
            }
            approximate = is_none && found.total > 0;
        }
        let suggestions = if approximate || found.total == 0 {
            suggestions(&self.planner(Freedom::Strict), self.labels, self.query)?
        } else {
            Vec::new()
        };
        let page = found.best.iter().skip(self.paging.offset).take(self.paging.limit);
        let hits = page.map(|ranked| self.hit(ranked, &found.plan.sought)).collect::<tantivy::Result<_>>()?;
        let facets = if self.paging.facets {
            facets(spread(self.columns, self.labels, &found.documents), self.labels)
        } else {
            Facets::default()
        };
        let notices = self.query.notices().to_vec();
        let total = if found.is_all { Total::Exactly(found.total) } else { Total::AtLeast(found.total) };
        Ok(Results { total, hits, facets, approximate, suggestions, notices })
    }

    fn planner(&self, freedom: Freedom) -> Planner<'_> {
        Planner::new(self.fields, self.searcher, self.scope, freedom)
    }

    fn plan(&self, freedom: Freedom) -> tantivy::Result<Plan> {
        self.planner(freedom).plan(self.query)
    }

    fn find(&self, mut plan: Plan) -> tantivy::Result<Found> {
        let (documents, is_all) = matching(self.searcher, &mut plan)?;
        let total: usize = documents.iter().map(Vec::len).sum();
        let ranks = self.query.ranks() || self.paging.sort != Sort::Relevance;
        let sort = if ranks { self.paging.sort } else { Sort::Newest };
        let wanted = self.paging.offset.saturating_add(self.paging.limit).min(DEEPEST);
        let (best, is_covered) = best(self.searcher, self.columns, &plan, &documents, sort, wanted)?;
        let is_sure = total > 0 && (is_covered || self.has_all_in_one_name(&plan, best.first())?);
        Ok(Found { plan, documents, total: total as u64, is_all, best, is_sure })
    }

    /// Whether all words of a document's runs stand in one name of it, in whatever order they were typed.
    fn has_all_in_one_name(&self, plan: &Plan, ranked: Option<&Ranked>) -> tantivy::Result<bool> {
        let Some(ranked) = ranked else { return Ok(false) };
        let reader = self.searcher.segment_reader(ranked.address.segment_ord);
        let fields = [self.fields.holder, self.fields.procedure, self.fields.agency, self.fields.signer];
        for field in fields {
            let mut has_all = true;
            for ways in plan.runs.iter().flat_map(|run| &run.words) {
                let mut has_one = false;
                for term in ways {
                    has_one = has_one || has(reader, field, term, ranked.address.doc_id)?;
                }
                has_all = has_all && has_one;
                if !has_all {
                    break;
                }
            }
            if has_all {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn hit(&self, ranked: &Ranked, sought: &Sought) -> tantivy::Result<Hit> {
        let document: TantivyDocument = self.searcher.doc(ranked.address)?;
        let text =
            |field: Field| document.get_first(field).and_then(|value| value.as_str()).unwrap_or_default();
        let shown: Shown = serde_json::from_str(text(self.fields.shown)).map_err(|error| {
            tantivy::error::DataCorruption::comment_only(format!("what a hit shows: {error}"))
        })?;
        let Shown(id, title, abstract_text, symbol, issued_on, result_code, holder) = shown;
        let snippet = if self.paging.passages {
            let subject = abstract_text.as_deref().unwrap_or(&title);
            snippet(&[subject, text(self.fields.body), &title], sought)
        } else {
            Snippet::default()
        };
        let (segment, in_segment) = (ranked.address.segment_ord as usize, ranked.address.doc_id);
        let labels = self.labels;
        let columns = self.columns.get(segment);
        let place = |column: fn(&Columns) -> Option<&Column<u64>>| columns.and_then(column);
        let status = place(|columns| Some(&columns.status)).and_then(|column| column.first(in_segment));
        let status =
            status.and_then(|status| usize::try_from(status).ok()).and_then(|status| Status::ALL.get(status));
        Ok(Hit {
            id,
            snippet,
            title,
            symbol,
            issued_on,
            agency: labels.agencies.name(place(|columns| columns.agency.as_ref()), segment, in_segment),
            procedure: labels.procedures.name(
                place(|columns| columns.procedure.as_ref()),
                segment,
                in_segment,
            ),
            result_code,
            holder,
            status: status.copied().unwrap_or(Status::InForce),
            score: ranked.score(),
        })
    }
}

fn facets(spread: Spread, labels: &Labels) -> Facets {
    let mut months: Vec<MonthCount> = spread
        .months
        .iter()
        .map(|((year, month), count)| MonthCount { year: *year, month: *month, count: *count })
        .collect();
    months.reverse();
    let mut years: Vec<FacetValue> = Vec::new();
    for month in &months {
        let label = month.year.to_string();
        match years.last_mut() {
            Some(year) if year.label == label => year.count += month.count,
            _ => years.push(FacetValue { filter: format!("năm:{label}"), label, count: month.count }),
        }
    }
    let statuses = Status::ALL.into_iter().zip(spread.statuses).filter(|(_, count)| *count > 0);
    let statuses = statuses.map(|(status, count)| {
        let label = status.label(muniment_record::Language::Vietnamese).to_owned();
        FacetValue { filter: format!("trạng thái:{}", label.to_lowercase()), label, count }
    });
    let mut statuses: Vec<FacetValue> = statuses.collect();
    largest_first(&mut statuses);
    Facets {
        agencies: by_code(&labels.agencies.values, &spread.agencies, "cơ quan"),
        procedures: by_code(&labels.procedures.values, &spread.procedures, "thủ tục"),
        years,
        statuses,
        months,
    }
}

/// One value a code; its label is the name that most of its records have.
fn by_code(labels: &[Label], counts: &[u64], field: &str) -> Vec<FacetValue> {
    let mut counts: Vec<(&Label, u64)> =
        labels.iter().zip(counts.iter().copied()).filter(|(_, count)| *count > 0).collect();
    counts.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.name.cmp(&other.0.name)));
    let mut values: Vec<FacetValue> = Vec::new();
    let mut places = HashMap::new();
    for (label, count) in counts {
        match places.get(&label.code).and_then(|place: &usize| values.get_mut(*place)) {
            Some(known) => known.count += count,
            None => {
                places.insert(&label.code, values.len());
                let filter = format!("{field}:{}", label.code);
                values.push(FacetValue { label: label.name.clone(), filter, count });
            }
        }
    }
    largest_first(&mut values);
    values
}

fn largest_first(values: &mut [FacetValue]) {
    values.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.label.cmp(&other.label)));
}

fn ids(searcher: &Searcher, field: Field) -> tantivy::Result<Vec<RecordId>> {
    let mut ids = Vec::new();
    for reader in searcher.segment_readers() {
        let index = reader.inverted_index(field)?;
        let mut terms = index.terms().stream()?;
        while terms.advance() {
            let mut block =
                index.read_block_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
            while !block.docs().is_empty() {
                if block.docs().iter().any(|document| !reader.is_deleted(*document)) {
                    let id = schema::id_of_bytes(terms.key());
                    ids.push(id.ok_or_else(|| tantivy::error::DataCorruption::comment_only("a record id"))?);
                }
                block.advance();
            }
        }
    }
    Ok(ids)
}
