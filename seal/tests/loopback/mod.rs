//! A small server on the loopback, for tests in which a server misbehaves.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Reads one HTTP request and returns its body.
fn read_request(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let count = stream.read(&mut part)?;
        bytes.extend_from_slice(part.get(..count).unwrap_or_default());
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(Ok(0), |length| length.trim().parse())?;
        if bytes.len() >= end + 4 + length {
            return Ok(bytes.split_off(end + 4));
        }
        if count == 0 {
            return Err("the request broke off".into());
        }
    }
}

/// A server that answers each request with what a function makes of its body; `None` is: no answer. It lives as long as
/// the test.
pub(crate) fn serve(answer: impl Fn(&[u8]) -> Option<(u16, Vec<u8>)> + Send + 'static) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", listener.local_addr()?);
    std::thread::spawn(move || {
        // Connections that are not answered stay open, as at a server that hangs.
        let mut hanging = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let Ok(body) = read_request(&mut stream) else { continue };
            match answer(&body) {
                Some((status, body)) => {
                    let head = format!(
                        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                        body.len()
                    );
                    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
                    drop(sent);
                }
                None => hanging.push(stream),
            }
        }
    });
    Ok(url)
}
