//! The three CRCs of S3, in place of the crate `crc-fast`, which the AWS SDK uses.
//!
//! Separate because it stands for that crate in the whole workspace (`[patch.crates-io]`). That crate holds tables of forty
//! CRCs, 660 KB that no compression makes smaller, in every Lambda program; the SDK asks for three of them, and our clients,
//! which leave checksums to the signature, for none. So these need to be right and small, not fast.

/// A CRC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// CRC-32/ISO-HDLC: that of gzip and PNG; `x-amz-checksum-crc32`.
    Crc32IsoHdlc,
    /// CRC-32/ISCSI, Castagnoli's; `x-amz-checksum-crc32c`.
    Crc32Iscsi,
    /// CRC-64/NVME; `x-amz-checksum-crc64nvme`.
    Crc64Nvme,
}

/// A CRC that is being computed.
#[derive(Clone, Copy, Debug)]
pub struct Digest {
    table: &'static [u64; 256],
    /// All bits of the CRC: what it starts with, and what the end is turned over with.
    ones: u64,
    register: u64,
}

/// The CRC of bytes.
pub fn checksum(algorithm: CrcAlgorithm, bytes: &[u8]) -> u64 {
    let mut digest = Digest::new(algorithm);
    digest.update(bytes);
    digest.finalize()
}

impl Digest {
    /// The CRC of no bytes yet.
    pub fn new(algorithm: CrcAlgorithm) -> Digest {
        let (table, ones) = match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => (&CRC_32, u64::from(u32::MAX)),
            CrcAlgorithm::Crc32Iscsi => (&CRC_32_C, u64::from(u32::MAX)),
            CrcAlgorithm::Crc64Nvme => (&CRC_64_NVME, u64::MAX),
        };
        Digest { table, ones, register: ones }
    }

    /// Goes on with these bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let index = (self.register as u8 ^ byte) as usize;
            self.register = (self.register >> 8) ^ self.table[index];
        }
    }

    /// The CRC of all bytes so far.
    pub fn finalize(&self) -> u64 {
        self.register ^ self.ones
    }
}

// Polynomials with their bits turned round, as all three are computed from the lowest bit on.
static CRC_32: [u64; 256] = table(0xedb8_8320);
static CRC_32_C: [u64; 256] = table(0x82f6_3b78);
static CRC_64_NVME: [u64; 256] = table(0x9a6c_9329_ac4b_c9b5);

/// What each byte does to the register.
const fn table(polynomial: u64) -> [u64; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut register, mut bit) = (byte as u64, 0);
        while bit < 8 {
            register = if register & 1 == 1 { (register >> 1) ^ polynomial } else { register >> 1 };
            bit += 1;
        }
        table[byte] = register;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_have_the_check_values_of_the_catalogue_of_crcs() {
        for (algorithm, check) in [
            (CrcAlgorithm::Crc32IsoHdlc, 0xcbf4_3926),
            (CrcAlgorithm::Crc32Iscsi, 0xe306_9283),
            (CrcAlgorithm::Crc64Nvme, 0xae8b_1486_0a79_9888),
        ] {
            assert_eq!(checksum(algorithm, b"123456789"), check, "{algorithm:?}");
            assert_eq!(checksum(algorithm, b""), 0, "{algorithm:?}");
            let mut digest = Digest::new(algorithm);
            digest.update(b"1234");
            digest.update(b"");
            digest.update(b"56789");
            assert_eq!(digest.finalize(), check, "{algorithm:?} in pieces");
        }
    }
}
