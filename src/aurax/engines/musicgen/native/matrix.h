/* Products of a few rows with a large matrix of weights, each weight read from memory once for all rows.
 *
 * Weights lie in tiles of 32 outputs, so that each lane of a vector sums one output and no sum has to be taken across
 * lanes. A row's result does not depend on the rows computed with it. FP32 and BF16: [tile][input][32]. INT8:
 * [tile][input / 4][32][4], as the processors' instructions for products of bytes want them. */
#ifndef AURAX_MATRIX_H
#define AURAX_MATRIX_H

#include "pool.h"
#include "vectors.h"

#define TILE 32
#define PARTS (TILE / LANES)

/* Rows computed at once, as many as the registers hold sums of. */
#if LANES == 16
#define ROWS_AT_ONCE 4
#else
#define ROWS_AT_ONCE 2
#endif

typedef struct {
    const void *weights;
    const float *scales;  /* INT8: of each output */
    const int32_t *sums;  /* INT8: of each output's codes */
    int64_t outputs;      /* a multiple of 32 */
    int64_t inputs;       /* INT8: a multiple of 4 */
    int64_t format;
} Matrix;

/* Rows that a matrix is applied to. */
typedef struct {
    const float *values;
    uint8_t *codes; /* for INT8, with their scales */
    float *scales;
    int64_t stride; /* from row to row, in values and in codes; a multiple of 64 */
} Rows;

typedef enum { STORE, ADD, GELU, RELU } Finish;

/* VNNI multiplies unsigned with signed bytes, so its codes are moved up; `sums` takes that out again. */
#if LANES == 16
#define CODE_OFFSET 128
#else
#define CODE_OFFSET 0
#endif

/* Add to each lane the product of four codes of a row with four of an output's. */
static inline ints add_products(ints sum, int32_t row, const int8_t *weights) {
    ints codes = row - (ints){0};
#if LANES == 16
    return (ints)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)codes, _mm512_loadu_si512(weights));
#elif LANES == 8
    /* Products of signed codes of ±127 fit into 16 bits in pairs; those of moved-up codes would not. */
    __m256i signs = _mm256_sign_epi8(_mm256_loadu_si256((const __m256i *)weights), (__m256i)codes);
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8((__m256i)codes), signs);
    return sum + (ints)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#elif defined(__ARM_FEATURE_DOTPROD)
    return (ints)vdotq_s32((int32x4_t)sum, vld1q_s8(weights), (int8x16_t)codes);
#else
    int8_t row_codes[4];
    memcpy(row_codes, &row, 4);
    (void)codes;
    for (int lane = 0; lane < LANES; lane++)
        for (int i = 0; i < 4; i++) sum[lane] += row_codes[i] * weights[4 * lane + i];
    return sum;
#endif
}

/* Codes of one row: value ≈ code · scale, with the largest value at 127. What is not finite makes the scale NaN, since
 * no code could tell. */
static void quantize(const float *values, uint8_t *codes, float *scale, long count) {
    floats most = {0}, finite = {0};
    for (long i = 0; i < count; i += LANES) {
        most = larger(most, absolute(load(values + i)));
        finite += load(values + i) * 0.0f;
    }
    float peak = largest_of(most);
    floats up = spread(peak > 0 ? 127.0f / peak : 0.0f);
    for (long i = 0; i < count; i += LANES) {
        bytes code = __builtin_convertvector((ints)(load(values + i) * up + ROUNDER) + CODE_OFFSET, bytes);
        memcpy(codes + i, &code, sizeof code);
    }
    *scale = peak / 127.0f + sum_of(finite);
}

static inline __attribute__((always_inline)) void finish_tile(float *to, const floats *values, Finish finish) {
    for (int part = 0; part < PARTS; part++, to += LANES) {
        floats value = values[part];
        if (finish == ADD) value += load(to);
        else if (finish == GELU) value = gelu_of(value);
        else if (finish == RELU) value = choose(value < 0.0f, (floats){0}, value);
        store(to, value);
    }
}

/* Ask for what comes next: the processor's own look-ahead ends with each page of memory. */
static inline void look_ahead(const void *weights) {
    __builtin_prefetch((const char *)weights + 4096);
    __builtin_prefetch((const char *)weights + 4096 + 64);
}

/* One tile of outputs for `rows` rows; a constant `rows` and `format` keep the sums in registers. */
static inline __attribute__((always_inline)) void tile_product(
    const Matrix *matrix, long format, long tile, const Rows *x, long first, const int rows, float *y, long stride,
    Finish finish) {
    long inputs = matrix->inputs;
    floats result[PARTS];
    if (format == INT8) {
        const int8_t *weights = (const int8_t *)matrix->weights + tile * TILE * inputs;
        const uint8_t *codes = x->codes + first * x->stride;
        ints sums[ROWS_AT_ONCE][PARTS] = {{{0}}};
        for (long i = 0; i < inputs; i += 4, weights += 4 * TILE) {
            look_ahead(weights);
            for (int row = 0; row < rows; row++) {
                int32_t four;
                memcpy(&four, codes + row * x->stride + i, 4);
                for (int part = 0; part < PARTS; part++)
                    sums[row][part] = add_products(sums[row][part], four, weights + part * LANES * 4);
            }
        }
        for (int row = 0; row < rows; row++) {
            for (int part = 0; part < PARTS; part++) {
                long output = tile * TILE + part * LANES;
                ints offset;
                memcpy(&offset, matrix->sums + output, sizeof offset);
                floats exact = __builtin_convertvector(sums[row][part] - CODE_OFFSET * offset, floats);
                result[part] = exact * load(matrix->scales + output) * x->scales[first + row];
            }
            finish_tile(y + (first + row) * stride + tile * TILE, result, finish);
        }
        return;
    }
    const char *weights = (const char *)matrix->weights + tile * TILE * inputs * format_size(format);
    const float *values = x->values + first * x->stride;
    floats sums[ROWS_AT_ONCE][PARTS] = {{{0}}};
    for (long i = 0; i < inputs; i++) {
        floats weight[PARTS];
        look_ahead(weights + i * TILE * format_size(format));
        for (int part = 0; part < PARTS; part++) weight[part] = load_as(format, weights, i * TILE + part * LANES);
        for (int row = 0; row < rows; row++)
            for (int part = 0; part < PARTS; part++) sums[row][part] += weight[part] * values[row * x->stride + i];
    }
    for (int row = 0; row < rows; row++) finish_tile(y + (first + row) * stride + tile * TILE, sums[row], finish);
}

#define TILE_OF(format, rows) tile_product(matrix, format, tile, x, first, rows, y, stride, finish)
#define TILE_BY_ROWS(format)                                 \
    switch (count - first) {                                 \
    case 1: TILE_OF(format, 1); break;                       \
    case 2: TILE_OF(format, 2); break;                       \
    case 3: TILE_OF(format, ROWS_AT_ONCE < 3 ? 2 : 3); break; \
    default: TILE_OF(format, ROWS_AT_ONCE); break;           \
    }

/* y = finish(x W^T) for `count` rows: one phase of all threads. */
static void multiply(
    Worker *worker, const Matrix *matrix, const Rows *x, long count, float *y, long stride, Finish finish) {
    long tiles = matrix->outputs / TILE, many = tiles / (worker->pool->threads * 8L);
    if (many < 1) many = 1;
    for (long from; (from = take(worker, tiles, many)) >= 0;)
        for (long tile = from; tile < tiles && tile < from + many; tile++)
            for (long first = 0; first < count; first += ROWS_AT_ONCE) {
                if (matrix->format == INT8) TILE_BY_ROWS(INT8)
                else if (matrix->format == BF16) TILE_BY_ROWS(BF16)
                else TILE_BY_ROWS(FP32)
            }
    meet(worker);
}

#endif
