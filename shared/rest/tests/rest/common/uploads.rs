//! A store of uploads in memory, which shows what is left in it.

use async_trait::async_trait;
use bytes::Bytes;
use gp_core::{
    ByteSource, SendTo, StoreError, StoredBytes, UploadBytes, UploadChange, UploadError, UploadId,
    UploadItem, UploadPart, UploadStore,
};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Mutex;

#[derive(Default)]
struct State {
    items: HashMap<UploadId, UploadItem>,
    bytes: BTreeMap<String, Vec<Bytes>>,
    count: usize,
    gives_urls: bool,
    is_down: bool,
}

/// Uploads in memory.
#[derive(Default)]
pub(crate) struct MemoryUploads(Mutex<State>);

impl MemoryUploads {
    /// Whether any bytes are stored.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap().bytes.is_empty()
    }

    /// How large the pieces were in which bytes came.
    pub(crate) fn piece_sizes(&self) -> Vec<usize> {
        self.0.lock().unwrap().bytes.values().flatten().map(Bytes::len).collect()
    }

    pub(crate) fn give_urls(&self) {
        self.0.lock().unwrap().gives_urls = true;
    }

    pub(crate) fn go_down(&self) {
        self.0.lock().unwrap().is_down = true;
    }

    /// Changes an item as time would.
    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut UploadItem)) {
        change(self.0.lock().unwrap().items.get_mut(&UploadId::parse(id).unwrap()).unwrap());
    }

    /// What the client sends to the URL of a direct upload.
    pub(crate) fn arrive(&self, id: &str, bytes: Bytes) {
        let mut state = self.0.lock().unwrap();
        let name = state.items[&UploadId::parse(id).unwrap()].direct.clone().unwrap().name;
        state.bytes.insert(name, vec![bytes]);
    }
}

#[async_trait]
impl UploadStore for MemoryUploads {
    async fn create(&self, item: &UploadItem) -> Result<(), StoreError> {
        let mut state = self.0.lock().unwrap();
        if state.is_down {
            return Err(StoreError::unavailable("store an upload", "the disk is on fire"));
        }
        state.items.insert(item.id.clone(), item.clone());
        Ok(())
    }

    async fn get(&self, id: &UploadId) -> Result<Option<UploadItem>, StoreError> {
        Ok(self.0.lock().unwrap().items.get(id).cloned())
    }

    async fn receive(&self, _: &UploadId, source: &mut dyn ByteSource) -> Result<StoredBytes, UploadError> {
        let mut pieces = Vec::new();
        while let Some(bytes) = source.next().await? {
            pieces.push(bytes);
        }
        let mut state = self.0.lock().unwrap();
        state.count += 1;
        let name = format!("bytes-{}", state.count);
        let byte_len = pieces.iter().map(|piece| piece.len() as u64).sum();
        state.bytes.insert(name.clone(), pieces);
        Ok(StoredBytes { name, byte_len })
    }

    async fn discard(&self, _: &UploadId, bytes: StoredBytes) {
        self.0.lock().unwrap().bytes.remove(&bytes.name);
    }

    async fn add_part(&self, id: &UploadId, part: &UploadPart) -> Result<UploadChange, StoreError> {
        let mut state = self.0.lock().unwrap();
        let Some(item) = state.items.get_mut(id) else { return Ok(UploadChange::Gone) };
        if item.committed {
            return Ok(UploadChange::Refused);
        }
        item.parts.retain(|known| known.number != part.number);
        item.parts.push(part.clone());
        item.parts.sort_by_key(|part| part.number);
        item.version += 1;
        Ok(UploadChange::Written)
    }

    async fn commit(&self, item: &UploadItem, parts: &[UploadPart]) -> Result<UploadChange, StoreError> {
        let mut state = self.0.lock().unwrap();
        let Some(known) = state.items.get_mut(&item.id) else { return Ok(UploadChange::Gone) };
        if known.committed || known.version != item.version {
            return Ok(UploadChange::Refused);
        }
        known.committed = true;
        known.parts = parts.to_vec();
        Ok(UploadChange::Written)
    }

    async fn delete(&self, item: &UploadItem) -> Result<UploadChange, StoreError> {
        let mut state = self.0.lock().unwrap();
        let Some(known) = state.items.remove(&item.id) else { return Ok(UploadChange::Gone) };
        for part in known.parts {
            state.bytes.remove(&part.bytes.name);
        }
        Ok(UploadChange::Written)
    }

    async fn read(&self, item: &UploadItem) -> Result<Box<dyn ByteSource>, StoreError> {
        let state = self.0.lock().unwrap();
        let pieces = item.parts.iter().flat_map(|part| state.bytes[&part.bytes.name].clone());
        Ok(Box::new(pieces.collect::<VecDeque<Bytes>>()))
    }

    async fn locate(&self, _: &UploadItem) -> Result<UploadBytes, StoreError> {
        Ok(UploadBytes::Files(Vec::new()))
    }

    async fn link(&self, item: &UploadItem, _: &str) -> Result<Option<String>, StoreError> {
        Ok(self.0.lock().unwrap().gives_urls.then(|| format!("https://store.example.org/{}", item.id)))
    }

    async fn direct(&self, id: &UploadId, byte_len: u64) -> Result<Option<SendTo>, StoreError> {
        let mut state = self.0.lock().unwrap();
        state.count += 1;
        let bytes = StoredBytes { name: format!("direct-{}", state.count), byte_len };
        let url = format!("https://store.example.org/put/{id}");
        let headers = vec![("if-none-match".to_owned(), "*".to_owned())];
        Ok(state.gives_urls.then_some(SendTo { url, headers, bytes }))
    }

    async fn arrived(&self, _: &UploadId, bytes: &StoredBytes) -> Result<Option<u64>, StoreError> {
        let state = self.0.lock().unwrap();
        Ok(state.bytes.get(&bytes.name).map(|pieces| pieces.iter().map(|piece| piece.len() as u64).sum()))
    }
}
