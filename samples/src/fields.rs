use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Metadata by dotted names, as `Description::from_fields` reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    pub(crate) fn set(&mut self, name: &str, value: impl ToString) {
        self.0.insert(name.to_owned(), value.to_string());
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The values by dotted name.
    pub fn values(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The same as a JSON object: `holder.id` becomes `id` within `holder`, `co_holders.1.id` an object within a list;
    /// counts are numbers and `colour` is true or false.
    pub fn to_json(&self) -> Value {
        let mut root = Map::new();
        for (name, value) in &self.0 {
            let path: Vec<&str> = name.split('.').collect();
            insert(&mut root, &path, leaf(name, value));
        }
        Value::Object(root)
    }
}

fn leaf(name: &str, value: &str) -> Value {
    let bare = name.starts_with("capture.") || name.ends_with(".birth_year");
    if bare && let Ok(number) = value.parse::<u32>() {
        return number.into();
    }
    match value.parse::<bool>() {
        Ok(flag) if bare => flag.into(),
        _ => value.into(),
    }
}

fn insert(object: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [name] => {
            object.insert((*name).to_owned(), value);
        }
        ["co_holders", _, rest @ ..] => {
            // Names come in order, so a new holder begins where its first field, `id`, does.
            let list = object.entry("co_holders").or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(holders) = list {
                if rest == ["id"] {
                    holders.push(Value::Object(Map::new()));
                }
                if let Some(Value::Object(holder)) = holders.last_mut() {
                    insert(holder, rest, value);
                }
            }
        }
        [group, rest @ ..] => {
            let inner = object.entry(*group).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
        [] => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dotted_names_become_nested_json() {
        let mut fields = Fields::default();
        for (name, value) in [
            ("symbol", "12/QĐ-UBND"),
            ("holder.id", "099188000017"),
            ("holder.kind", "person"),
            ("co_holders.1.id", "099075000024"),
            ("co_holders.1.name", "Trần Văn Ví Dụ"),
            ("capture.images", "2"),
            ("capture.colour", "true"),
        ] {
            fields.set(name, value);
        }
        let expected = json!({
            "symbol": "12/QĐ-UBND",
            "holder": {"id": "099188000017", "kind": "person"},
            "co_holders": [{"id": "099075000024", "name": "Trần Văn Ví Dụ"}],
            "capture": {"images": 2, "colour": true},
        });
        assert_eq!(fields.to_json(), expected);
    }
}
