use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;

/// Does a piece of work to each item, on so many threads, the caller's among them; gives the answers in the items' order.
pub(crate) fn side_by_side<T: Send, R: Send>(
    width: usize,
    items: Vec<T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let threads = width.min(items.len());
    if threads <= 1 {
        return items.into_iter().map(work).collect();
    }
    let count = items.len();
    let waiting = Mutex::new(items.into_iter().enumerate());
    let done = Mutex::new(Vec::with_capacity(count));
    let take_turns = || {
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((number, item)) = next else { break };
            let answer = work(item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((number, answer));
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(take_turns);
        }
        take_turns();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, answer)| answer).collect()
}
