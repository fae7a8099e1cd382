//! Responses of our own.

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode, Version};

use crate::bodies::Answer;

/// The page for refused requests.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its status.
    pub status: u16,
    /// Its text; `{id}` stands for the number of the request.
    pub text: String,
    /// The type of the text.
    pub kind: String,
}

impl Page {
    /// The page for a request.
    pub(crate) fn of(&self, id: &str) -> Response<Answer> {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::FORBIDDEN);
        let mut response = plain(status, self.text.replace("{id}", id));
        if let Ok(kind) = HeaderValue::from_str(&self.kind) {
            response.headers_mut().insert(CONTENT_TYPE, kind);
        }
        response
    }
}

/// A short text.
pub(crate) fn plain(status: StatusCode, text: String) -> Response<Answer> {
    let mut response = Response::new(Answer::Own(Some(Bytes::from(text)).filter(|text| !text.is_empty())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// Let the connection end after a response.
pub(crate) fn last(mut response: Response<Answer>, version: Version) -> Response<Answer> {
    if version != Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
