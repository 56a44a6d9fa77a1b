//! How many files are signed and verified in a CPU-second, and how much memory that takes: `bench_seal FOLDER`.
//!
//! The folder gets the unsigned file, a key and its certificates, and a B-LT file with its anchor, so that another program
//! can do the same work.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use muniment_seal::pki;
use muniment_seal::tsa::DevelopmentAuthority;
use muniment_seal::{CopyForm, SealRequest, Trust, Verdict, sign, sign_with_timestamp, uplift, verify};
use rustix::time::{ClockId, clock_gettime};

/// Of the file that is signed, in bytes.
const SIZE: usize = 120 << 10;
/// How long each kind is measured.
const SPAN: Duration = Duration::from_secs(3);
/// Of the file by which memory is measured, in bytes.
const LARGE: usize = 64 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("which folder?")?.into();
    let now = Timestamp::constant(1_795_500_000, 0);
    let development = pki::development(now)?;
    let pdf = image_pdf(SIZE);
    fs::write(folder.join("unsigned.pdf"), &pdf)?;
    fs::write(folder.join("key.pem"), &development.agency.key_pem)?;
    fs::write(folder.join("certificate.pem"), development.agency.certificate_pem())?;
    fs::write(folder.join("chain.pem"), &development.agency.chain_pem)?;
    let signer = development.agency.signer()?;
    let authority = DevelopmentAuthority::new(&development.tsa)?;
    let request = |step: u32| {
        let later = now + SignedDuration::from_secs(i64::from(step));
        SealRequest::agency(later, CopyForm::TrueCopy, "Trung tâm Phục vụ hành chính công (MẪU)")
    };
    println!("file: {} bytes", pdf.len());
    measure("sign B-B, P-256", |step| Ok(sign(&pdf, &request(step), &signer)?.len()))?;
    measure("sign B-T, P-256, timestamp made in this process", |step| {
        Ok(sign_with_timestamp(&pdf, &request(step), &signer, &authority)?.len())
    })?;
    let trust = Trust::from_pem(development.trust_pem().as_bytes())?;
    let anchor = Trust::from_pem(development.root.certificate_pem().as_bytes())?;
    let kept = |pdf: &[u8], step| -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let stamped = sign_with_timestamp(pdf, &request(step), &signer, &authority)?;
        Ok(uplift(&stamped, &trust, None, now + SignedDuration::from_hours(1))?.ok_or("nothing was added")?)
    };
    let files = (0..64).map(|step| kept(&pdf, step)).collect::<Result<Vec<_>, _>>()?;
    fs::write(folder.join("kept.pdf"), &files[0])?;
    fs::write(folder.join("anchor.pem"), development.root.certificate_pem())?;
    let passes =
        |file: &[u8]| verify(file, &anchor, now + SignedDuration::from_hours(2)).verdict == Verdict::Passed;
    measure("verify B-LT offline, P-256", |step| {
        let file = &files[step as usize % files.len()];
        if passes(file) { Ok(file.len()) } else { Err("it does not pass".into()) }
    })?;
    drop(files);
    let large = image_pdf(LARGE);
    let before = memory_now()?;
    let signed = kept(&large, 0)?;
    println!(
        "sign and uplift {} MiB: {:.2} times the file beside the file itself",
        LARGE >> 20,
        share(before, &signed)?
    );
    drop(large);
    let before = memory_now()?;
    if !passes(&signed) {
        return Err("it does not pass".into());
    }
    println!(
        "verify {} MiB: {:.2} times the file beside the file itself",
        LARGE >> 20,
        share(before, &signed)?
    );
    Ok(())
}

/// How many times a file's length the peak of memory has risen.
fn share(before: usize, file: &[u8]) -> Result<f64, Box<dyn std::error::Error>> {
    Ok((peak_memory()? - before) as f64 / file.len() as f64)
}

/// The memory that this process holds, in bytes; from here on its peak is counted anew (proc(5), clear_refs).
fn memory_now() -> Result<usize, Box<dyn std::error::Error>> {
    fs::write("/proc/self/clear_refs", "5")?;
    peak_memory()
}

/// The most memory that this process has held since, in bytes (proc(5), VmHWM).
fn peak_memory() -> Result<usize, Box<dyn std::error::Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? << 10)
}

/// Repeats the work and prints how often it was done in a second of this process's CPU time.
fn measure(
    what: &str,
    mut work: impl FnMut(u32) -> Result<usize, Box<dyn std::error::Error>>,
) -> Result<(), Box<dyn std::error::Error>> {
    let start = cpu_time();
    let mut count = 0_u32;
    let mut bytes = 0;
    while cpu_time().saturating_sub(start) < SPAN {
        bytes = work(count)?;
        count += 1;
    }
    let seconds = cpu_time().saturating_sub(start).as_secs_f64();
    println!(
        "{what}: {:.0} files a CPU-second ({count} in {seconds:.2} s, {bytes} bytes each)",
        f64::from(count) / seconds
    );
    Ok(())
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanoseconds.unwrap_or_default())
}

/// A page with an image of noise, as large as a scan.
fn image_pdf(size: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(size)
    .collect();
    let head = format!(
        "<< /Type /XObject /Subtype /Image /Width 384 /Height 320 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length {} >>\nstream\n",
        noise.len()
    );
    let objects: [Vec<u8>; 5] = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>".to_vec(),
        b"<< /Length 31 >>\nstream\nq\n595 0 0 842 0 0 cm\n/I Do\nQ\n\n\nendstream".to_vec(),
        [head.as_bytes(), &noise, b"\nendstream"].concat(),
    ];
    let mut pdf = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f\r\n", objects.len() + 1);
    for (place, body) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n\r\n", pdf.len()));
        pdf.extend_from_slice(format!("{} 0 obj\n", place + 1).as_bytes());
        pdf.extend_from_slice(body);
        pdf.extend_from_slice(b"\nendobj\n");
    }
    let start = pdf.len();
    let size = objects.len() + 1;
    pdf.extend_from_slice(
        format!("{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    pdf
}
