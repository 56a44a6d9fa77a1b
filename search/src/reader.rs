use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use muniment_record::RecordId;
use tantivy::schema::{Field, IndexRecordOption, Value};
use tantivy::{Index, IndexReader, ReloadPolicy, Searcher, TantivyDocument};

use crate::collect::{Collect, Collected, Ranked, Spread};
use crate::engine;
use crate::layout::{self, Generation};
use crate::plan::{Freedom, Planner};
use crate::results::{FacetValue, Facets, Hit, MonthCount, Paging, Results, Sort, Status};
use crate::schema::{self, Fields, Shown};
use crate::snippet::{Sought, snippet};
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
        let search = Search { fields: &self.fields, searcher: &searcher, scope, query, paging };
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
        let reader = engine::guarded(path, || reader.try_into())?;
        Ok(Self { generation, index, reader, opstamp: metas.opstamp, last_sequence })
    }
}

/// One search in one state of the index.
struct Search<'a> {
    fields: &'a Fields,
    searcher: &'a Searcher,
    scope: &'a Scope,
    query: &'a Query,
    paging: &'a Paging,
}

impl Search<'_> {
    fn run(&self) -> tantivy::Result<Results> {
        let mut freedom = Freedom::Strict;
        let (mut collected, mut sought) = self.collect(freedom)?;
        if collected.total < ENOUGH && self.query.last_word_is_open() {
            freedom = Freedom::Unfinished;
            (collected, sought) = self.collect(freedom)?;
        }
        for looser in [Freedom::Similar, Freedom::Most] {
            if collected.total == 0 && self.query.ranks() {
                freedom = looser;
                (collected, sought) = self.collect(freedom)?;
            }
        }
        let page = collected.best.iter().skip(self.paging.offset);
        let hits = page.map(|ranked| self.hit(ranked, &sought)).collect::<tantivy::Result<_>>()?;
        Ok(Results {
            total: collected.total,
            hits,
            facets: if self.paging.facets { facets(collected.spread) } else { Facets::default() },
            approximate: collected.total > 0 && matches!(freedom, Freedom::Similar | Freedom::Most),
            suggestions: Vec::new(),
            notices: self.query.notices().to_vec(),
        })
    }

    fn collect(&self, freedom: Freedom) -> tantivy::Result<(Collected, Sought)> {
        let mut planner = Planner {
            fields: self.fields,
            searcher: self.searcher,
            scope: self.scope,
            freedom,
            sought: Sought::default(),
        };
        let query = planner.plan(self.query)?;
        let ranks = self.query.ranks() || self.paging.sort != Sort::Relevance;
        let collect = Collect {
            best: self.paging.offset.saturating_add(self.paging.limit).min(DEEPEST),
            sort: if ranks { self.paging.sort } else { Sort::Newest },
            facets: self.paging.facets,
        };
        Ok((self.searcher.search(&query, &collect)?, planner.sought))
    }

    fn hit(&self, ranked: &Ranked, sought: &Sought) -> tantivy::Result<Hit> {
        let document: TantivyDocument = self.searcher.doc(ranked.address)?;
        let text =
            |field: Field| document.get_first(field).and_then(|value| value.as_str()).unwrap_or_default();
        let shown: Shown = serde_json::from_str(text(self.fields.shown)).map_err(|error| {
            tantivy::error::DataCorruption::comment_only(format!("what a hit shows: {error}"))
        })?;
        let Shown(id, title, abstract_text, symbol, issued_on, result_code, holder) = shown;
        let reader = self.searcher.segment_reader(ranked.address.segment_ord);
        let label = |column: &str| -> tantivy::Result<String> {
            let mut value = String::new();
            if let Some(column) = reader.fast_fields().str(column)?
                && let Some(ordinal) = column.ords().first(ranked.address.doc_id)
            {
                column.ord_to_str(ordinal, &mut value)?;
            }
            Ok(value.split_once('\t').map_or(String::new(), |(_, name)| name.to_owned()))
        };
        let status = reader.fast_fields().u64(schema::STATUS)?.first(ranked.address.doc_id);
        let status =
            status.and_then(|status| usize::try_from(status).ok()).and_then(|status| Status::ALL.get(status));
        let subject = abstract_text.as_deref().unwrap_or(&title);
        let snippet = snippet(&[subject, text(self.fields.body), &title], sought);
        Ok(Hit {
            id,
            snippet,
            title,
            symbol,
            issued_on,
            agency: label(schema::AGENCY_FACET)?,
            procedure: label(schema::PROCEDURE_FACET)?,
            result_code,
            holder,
            status: status.copied().unwrap_or(Status::InForce),
            score: ranked.score(),
        })
    }
}

fn facets(spread: Spread) -> Facets {
    let mut months: Vec<MonthCount> = spread
        .months
        .iter()
        .map(|((year, month), count)| MonthCount { year: *year, month: *month, count: *count })
        .collect();
    months.sort_unstable_by_key(|month| std::cmp::Reverse((month.year, month.month)));
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
        agencies: by_code(spread.agencies, "cơ quan"),
        procedures: by_code(spread.procedures, "thủ tục"),
        years,
        statuses,
        months,
    }
}

/// One value a code; its label is the name that most of its records have.
fn by_code(counts: std::collections::HashMap<String, u64>, field: &str) -> Vec<FacetValue> {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let mut values: Vec<FacetValue> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (value, count) in counts {
        let (code, name) = value.split_once('\t').unwrap_or((&value, &value));
        let place = *places.entry(code.to_owned()).or_insert(values.len());
        match values.get_mut(place) {
            Some(known) => known.count += count,
            None => {
                values.push(FacetValue { label: name.to_owned(), filter: format!("{field}:{code}"), count })
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
