/* gzip.c -- checksums, and gzip streams of zeros that a client must not
 * expand to the end.
 *
 * A stream is one deflate block: a literal zero, then as many matches of 258
 * bytes at distance 1 as there is room for, then what is left as literals.
 */
#include <string.h>

#include "server.h"

/* --- CRC-32, of a reflected polynomial ------------------------------------ */

static const uint32_t POLYNOMIAL = 0xEDB88320u;

static uint32_t tables[8][256];     /* a byte, and up to 7 zeros behind it */

static void make_tables(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
        tables[0][i] = crc;
    }
    for (int n = 1; n < 8; n++)
        for (int i = 0; i < 256; i++) {
            uint32_t before = tables[n - 1][i];

            tables[n][i] = before >> 8 ^ tables[0][before & 255];
        }
}

uint32_t crc_add(uint32_t crc, const char *s, size_t length)
{
    const unsigned char *u = (const unsigned char *)s;

    if (!tables[0][1])
        make_tables();
    crc = ~crc;
    for (; length >= 8; length -= 8, u += 8) {
        crc ^= u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16
            | (uint32_t)u[3] << 24;
        crc = tables[7][crc & 255] ^ tables[6][crc >> 8 & 255]
            ^ tables[5][crc >> 16 & 255] ^ tables[4][crc >> 24]
            ^ tables[3][u[4]] ^ tables[2][u[5]] ^ tables[1][u[6]]
            ^ tables[0][u[7]];
    }
    for (; length; length--)
        crc = crc >> 8 ^ tables[0][(crc ^ *u++) & 255];
    return ~crc;
}

/* The product of two polynomials modulo the CRC's; bit 31 is x to the 0. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
    uint32_t product = 0;

    for (uint32_t bit = 1u << 31; bit; bit >>= 1) {
        if (a & bit)
            product ^= b;
        b = b & 1 ? b >> 1 ^ POLYNOMIAL : b >> 1;
    }
    return product;
}

/* A zero byte multiplies by x to the 8: no need to walk over gigabytes. */
uint32_t crc_of_zeros(int64_t length)
{
    uint32_t crc = ~0u, power = 1u << (31 - 8);

    for (; length; length >>= 1) {
        if (length & 1)
            crc = multiply(crc, power);
        power = multiply(power, power);
    }
    return ~crc;
}

/* --- zeros ---------------------------------------------------------------- */

struct bit_text {
    uint32_t bits;                  /* lowest first, as they are sent */
    int count;
};

enum { LONGEST_MATCH = 258 };

struct codes {
    const struct bit_text *head;    /* up to count 0 */
    struct bit_text literal, match, end;
};

/* Last block, fixed codes.  A match is length code 285 and distance code 0. */
static const struct bit_text fixed_head[] = {{3, 3}, {0, 0}};

static const struct codes fixed_codes = {
    fixed_head, {0x0C, 8}, {0xA3, 13}, {0, 7}
};

/* Last block, codes of its own: 285 is 0, the literal 0 is 10, the end of
 * block 11, and the one distance 0; so a match is two bits.  The lengths of
 * these codes are coded themselves: 18 ("so many zeros") 0, 1 10, 2 11. */
static const struct bit_text own_head[] = {
    {5, 3},                         /* last block, dynamic codes */
    {286 - 257, 5}, {1 - 1, 5}, {18 - 4, 4},
    {0, 3}, {0, 3}, {1, 3},                     /* 16, 17, 18 */
    {0, 3}, {0, 3}, {0, 3}, {0, 3}, {0, 3},     /* 0, 8, 7, 9, 6 */
    {0, 3}, {0, 3}, {0, 3}, {0, 3}, {0, 3},     /* 10, 5, 11, 4, 12 */
    {0, 3}, {0, 3}, {2, 3}, {0, 3}, {2, 3},     /* 3, 13, 2, 14, 1 */
    {3, 2},                         /* 0 has two bits */
    {0, 1}, {138 - 11, 7},          /* 1 to 255 have none */
    {0, 1}, {117 - 11, 7},
    {3, 2},                         /* 256 has two */
    {0, 1}, {28 - 11, 7},           /* 257 to 284 have none */
    {1, 2}, {1, 2},                 /* 285 and the distance have one */
    {0, 0}
};

static const struct codes own_codes = {own_head, {1, 2}, {0, 2}, {3, 2}};

static const char gzip_head[10] = "\x1f\x8b\x08\0\0\0\0\0\0\xff";

static const struct codes *codes_of(const struct zeros *z)
{
    return z->fixed ? &fixed_codes : &own_codes;
}

static int64_t matches(int64_t length)
{
    return length ? (length - 1) / LONGEST_MATCH : 0;
}

static int64_t literals(int64_t length)
{
    return length - matches(length) * LONGEST_MATCH;
}

int64_t zeros_start(struct zeros *z, int64_t length, bool fixed)
{
    const struct codes *codes;
    int64_t bits = 0;

    memset(z, 0, sizeof *z);
    z->length = length;
    z->fixed = fixed;
    z->crc = crc_of_zeros(length);
    codes = codes_of(z);
    for (const struct bit_text *b = codes->head; b->count; b++)
        bits += b->count;
    bits += literals(length) * codes->literal.count
        + matches(length) * codes->match.count + codes->end.count;
    return (int64_t)sizeof gzip_head + (bits + 7) / 8 + 8;
}

static void add_bits(struct zeros *z, struct bit_text b)
{
    z->bits |= (uint64_t)b.bits << z->bit_count;
    z->bit_count += b.count;
}

/* Each part adds a few bits, or is over. */
enum {
    PART_GZIP_HEAD, PART_BLOCK_HEAD, PART_LITERAL, PART_MATCHES,
    PART_LITERALS, PART_END, PART_CRC, PART_SIZE, PART_PADDING
};

static void next_part(struct zeros *z)
{
    z->part++;
    z->count = 0;
}

static void repeat(struct zeros *z, int64_t times, struct bit_text b)
{
    if (z->count++ < times)
        add_bits(z, b);
    else
        next_part(z);
}

static void add_head(struct zeros *z, const struct codes *codes)
{
    const struct bit_text *b = codes->head + z->count++;

    if (b->count)
        add_bits(z, *b);
    else
        next_part(z);
}

static void add_more(struct zeros *z)
{
    const struct codes *codes = codes_of(z);

    switch (z->part) {
    case PART_GZIP_HEAD:
        if (z->count == sizeof gzip_head)
            next_part(z);
        else
            add_bits(z, (struct bit_text){
                (unsigned char)gzip_head[z->count++], 8});
        break;
    case PART_BLOCK_HEAD:
        add_head(z, codes);
        break;
    case PART_LITERAL:
        repeat(z, z->length > 0, codes->literal);
        break;
    case PART_MATCHES:
        repeat(z, matches(z->length), codes->match);
        break;
    case PART_LITERALS:
        repeat(z, literals(z->length) - 1, codes->literal);
        break;
    case PART_END:
        add_bits(z, codes->end);
        z->bit_count = (z->bit_count + 7) / 8 * 8;
        next_part(z);
        break;
    case PART_CRC:
        add_bits(z, (struct bit_text){z->crc, 32});
        next_part(z);
        break;
    default:                        /* PART_SIZE; padding is never sent */
        add_bits(z, (struct bit_text){(uint32_t)z->length, 32});
        next_part(z);
    }
}

void zeros_fill(struct zeros *z, char *to, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        while (z->bit_count < 8)
            add_more(z);
        to[i] = (char)(z->bits & 255);
        z->bits >>= 8;
        z->bit_count -= 8;
    }
}
