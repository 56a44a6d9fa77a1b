use super::morphology::{cleaned, inner, widened};
use super::paper::Paper;
use crate::bits::Bits;
use crate::lanes::{part, wide};
use crate::raster::{Channels, Raster, usize_of};

/// Ink is darker than this share of the paper, in 256ths.
const INK_SHARE: u16 = 172;

/// A coloured mark is darker in its weakest channel than this share of the paper, in 256ths.
const COLOUR_SHARE: u16 = 200;

/// Difference between the strongest and the weakest channel of a coloured mark.
const LEAST_CHROMA: u8 = 90;

/// Which pixels are dark ink and which are coloured marks.
pub(super) struct Masks {
    pub(super) ink: Bits,
    pub(super) colour: Bits,
    /// Pixels neither in nor beside a mark: the background is taken from them.
    pub(super) paper: Bits,
    /// Ink with ink on both sides: edges are lighter than the ink.
    pub(super) inner: Bits,
}

impl Masks {
    pub(super) fn of(raster: &Raster) -> Self {
        let (ink, colour) = match raster.channels {
            Channels::Gray => (dark(raster), Bits::empty(raster.width, raster.height)),
            Channels::Rgb => split(raster),
        };
        let ink = cleaned(&ink);
        let mut paper = ink.clone();
        paper.combine(&colour, |ink, colour| ink | colour);
        let mut paper = widened(&paper);
        paper.rows_mut().flatten().for_each(|word| *word = !*word);
        paper.trim();
        Self { inner: inner(&ink), ink, colour, paper }
    }

    /// The mean colour of the inner pixels of ink.
    pub(super) fn ink_colour(&self, raster: &Raster) -> [u8; 3] {
        let (mut sums, mut pixels) = ([0_u64; 3], 0_u64);
        self.each_inner(raster, |pixel| {
            sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u64::from(value));
            pixels += 1;
        });
        sums.map(|sum| u8::try_from(sum / pixels.max(1)).unwrap_or(0))
    }

    /// Whether some of the ink is of another colour than black, as a signature in blue.
    pub(super) fn has_pens(&self, raster: &Raster) -> bool {
        /// Difference between the strongest and the weakest channel that black does not have.
        const LEAST_CHROMA: u8 = 45;
        /// One inner pixel in so many, from which it is not grain.
        const SHARE: usize = 400;
        let (mut coloured, mut pixels) = (0_usize, 0_usize);
        self.each_inner(raster, |[r, g, b]| {
            coloured += usize::from(r.max(g).max(b) - r.min(g).min(b) >= LEAST_CHROMA);
            pixels += 1;
        });
        coloured * SHARE > pixels
    }

    /// Visits the inner pixels of every fifth row.
    fn each_inner(&self, raster: &Raster, mut visit: impl FnMut([u8; 3])) {
        let count = raster.channels.count();
        let rows = raster.samples.chunks_exact(usize_of(raster.width) * count);
        for (row, bits) in rows.zip(self.inner.rows()).step_by(5) {
            for (at, &word) in bits.iter().enumerate() {
                let mut left = word;
                while left != 0 {
                    let x = (at * 64 + left.trailing_zeros() as usize) * count;
                    visit([0, 1, 2].map(|channel: usize| row[x + channel.min(count - 1)]));
                    left &= left - 1;
                }
            }
        }
    }
}

/// Dark ink of a gray page.
fn dark(raster: &Raster) -> Bits {
    let width = usize_of(raster.width);
    let rows = || raster.samples.chunks_exact(width);
    let mut paper = Paper::new(width);
    rows().for_each(|row| paper.add(row));
    let mut levels = paper.levels(INK_SHARE);
    let mut ink = Bits::empty(raster.width, raster.height);
    let mut marked = vec![0; width];
    for (y, row) in rows().enumerate() {
        let bounds = levels.row(y);
        marked.iter_mut().zip(row).zip(bounds).for_each(|((to, level), bound)| *to = u8::from(level < bound));
        ink.pack_row(y, &marked);
    }
    ink
}

/// Dark ink by the red channel, which does not see red stamps; coloured marks by the weakest channel and the chroma.
fn split(raster: &Raster) -> (Bits, Bits) {
    let width = usize_of(raster.width);
    let rows = || raster.samples.chunks_exact(width * 3);
    let mut channels = Split::new(width);
    let (mut red, mut least) = (Paper::new(width), Paper::new(width));
    for row in rows() {
        channels.take(row);
        red.add(&channels.red);
        least.add(&channels.least);
    }
    let (mut red, mut least) = (red.levels(INK_SHARE), least.levels(COLOUR_SHARE));
    let [mut ink, mut colour] = [(); 2].map(|()| Bits::empty(raster.width, raster.height));
    let [mut dark, mut coloured] = [(); 2].map(|()| vec![0_u8; width]);
    for (y, row) in rows().enumerate() {
        channels.take(row);
        channels.mark([red.row(y), least.row(y)], [&mut dark, &mut coloured]);
        ink.pack_row(y, &dark);
        colour.pack_row(y, &coloured);
    }
    (ink, cleaned(&colour))
}

/// A row of pixels in the measures that masks are made of.
struct Split {
    red: Vec<u8>,
    green: Vec<u8>,
    blue: Vec<u8>,
    least: Vec<u8>,
}

impl Split {
    fn new(width: usize) -> Self {
        let row = || vec![0; width];
        Self { red: row(), green: row(), blue: row(), least: row() }
    }

    fn take(&mut self, pixels: &[u8]) {
        let Self { red, green, blue, least } = self;
        part(pixels, [red, green, blue]);
        wide(
            #[inline(always)]
            || {
                for (((least, &r), &g), &b) in least.iter_mut().zip(&*red).zip(&*green).zip(&*blue) {
                    *least = r.min(g).min(b);
                }
            },
        );
    }

    /// Marks what is darker than the bounds of red, and what is coloured and darker than those of the weakest channel.
    fn mark(&self, [red, least]: [&[u8]; 2], [dark, coloured]: [&mut [u8]; 2]) {
        let channels = self.red.iter().zip(&self.green).zip(&self.blue).zip(&self.least);
        wide(
            #[inline(always)]
            || {
                let bounds = red.iter().zip(least);
                let marks = dark.iter_mut().zip(coloured);
                for (((((&r, &g), &b), &low), (&red, &least)), (dark, coloured)) in
                    channels.zip(bounds).zip(marks)
                {
                    let chroma = r.max(g).max(b) - low;
                    let is_coloured = u8::from(low < least) & u8::from(chroma >= LEAST_CHROMA);
                    *coloured = is_coloured;
                    *dark = u8::from(r < red) & (1 - is_coloured);
                }
            },
        );
    }
}
