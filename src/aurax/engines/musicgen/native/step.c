/* One step of MusicGen's decoder: all layers for a few rows, from embeddings to logits, in one call.
 *
 * A row is one position of one slot; a slot is one sequence with its own cached keys and values. Usually each slot has
 * one row. Several positions of one slot may go through together, to read a prefix quickly. The first rows attend to
 * the text, the others (the unconditional half of classifier-free guidance) do not, since for them it adds exactly
 * nothing.
 *
 * Work is cut into phases. In a phase every thread takes items until none are left, then all meet. Which thread takes
 * what changes no result.
 *
 * Source: J. Copet et al., "Simple and Controllable Music Generation" (2023); the layer as in transformers'
 * `MusicgenDecoderLayer`: self-attention, cross-attention and feed-forward, each after a normalisation and around a
 * residual. */
#include <math.h>

#include "matrix.h"

/* Positions in a block of cached keys, and what a head's dimension is rounded up to in cached values. */
#define BLOCK 64

/* Keys and values of one layer. Keys lie in blocks, [block][dimension][64 positions], so that scores need no sum across
 * lanes; values as [position][dimension, rounded up to 64]. One after the other for each slot and head. */
typedef struct {
    void *keys, *values;
    float *key_scales, *value_scales; /* INT8: of each position */
} Cache;

typedef struct {
    Matrix qkv, out, cross_in, cross_out, up, down;
    /* Weight and bias of each normalisation, rounded up to 64 by zeros. */
    const float *self_norm[2], *cross_norm[2], *final_norm[2];
    Cache cache, cross;
} Layer;

typedef struct {
    int64_t layers, hidden, heads, head_dim, positions, format, text_tokens;
    /* folded: `cross_in` gives scores and `cross_out` takes weights of text tokens; both are not INT8 then */
    int64_t has_cross, folded, activation;
    const Layer *layer;
    Matrix logits;
    const float *norm[2];
    int64_t narrow, wide, inner; /* strides: of hidden rows, of rows of queries, and of the feed-forward's */
    float *x, *normed, *queries, *attended, *fed, *scales, *scores;
    uint8_t *codes;
} Model;

typedef struct {
    const Model *model;
    int64_t rows, conditional;
    const int64_t *slots, *positions;
    float *logits;
} Step;

static long rounded_up(long count, long to) { return (count + to - 1) / to * to; }

static Rows as_rows(const Model *m, const float *values, long stride) { return (Rows){values, m->codes, m->scales, stride}; }

/* Zeros after `count` are part of what is read; in the variance they are taken out again. */
static void layer_norm(const float *x, const float *const norm[2], float *y, long count) {
    long whole = rounded_up(count, BLOCK);
    floats total = {0}, squares = {0};
    for (long i = 0; i < whole; i += LANES) total += load(x + i);
    float mean = sum_of(total) / (float)count;
    for (long i = 0; i < whole; i += LANES) {
        floats off = load(x + i) - mean;
        squares += off * off;
    }
    float variance = (sum_of(squares) - (float)(whole - count) * mean * mean) / (float)count;
    float scale = 1.0f / sqrtf(variance + 1e-5f);
    for (long i = 0; i < whole; i += LANES)
        store(y + i, (load(x + i) - mean) * scale * load(norm[0] + i) + load(norm[1] + i));
}

static void normalize(Worker *worker, const Model *m, const float *const norm[2], const Matrix *next, long rows) {
    for (long row; (row = take(worker, rows, 1)) >= 0;) {
        float *normed = m->normed + row * m->narrow;
        layer_norm(m->x + row * m->narrow, norm, normed, m->hidden);
        if (next->format == INT8) quantize(normed, m->codes + row * m->narrow, m->scales + row, m->narrow);
    }
    meet(worker);
}

static void encode(Worker *worker, const Model *m, const float *values, long stride, const Matrix *next, long rows) {
    if (next->format != INT8) return;
    for (long row; (row = take(worker, rows, 1)) >= 0;)
        quantize(values + row * stride, m->codes + row * stride, m->scales + row, stride);
    meet(worker);
}

/* Put one number of a key or a value into the cache. */
static inline void keep(void *base, long format, long index, float value, float up) {
    if (format == FP32) ((float *)base)[index] = value;
    else if (format == BF16) ((uint16_t *)base)[index] = to_bf16(value);
    else ((int8_t *)base)[index] = (int8_t)lrintf(value * up);
}

static float scale_up(const float *values, long count, float *scale) {
    float peak = 0, finite = 0;
    for (long i = 0; i < count; i++) {
        peak = fabsf(values[i]) > peak ? fabsf(values[i]) : peak;
        finite += values[i] * 0.0f;
    }
    *scale = peak / 127.0f + finite;
    return peak > 0 ? 127.0f / peak : 0.0f;
}

/* Keep the new keys and values of all rows. */
static void remember(Worker *worker, const Step *step, const Cache *cache) {
    const Model *m = step->model;
    long dim = m->head_dim, wide_dim = rounded_up(dim, BLOCK);
    for (long item; (item = take(worker, step->rows * m->heads, 1)) >= 0;) {
        long row = item / m->heads, head = item % m->heads, at = step->positions[row];
        long place = step->slots[row] * m->heads + head;
        const float *key = m->queries + row * m->wide + m->hidden + head * dim, *value = key + m->hidden;
        float key_up = 1.0f, value_up = 1.0f;
        if (m->format == INT8) {
            key_up = scale_up(key, dim, cache->key_scales + place * m->positions + at);
            value_up = scale_up(value, dim, cache->value_scales + place * m->positions + at);
        }
        long first_key = place * m->positions * dim + at / BLOCK * BLOCK * dim + at % BLOCK;
        long first_value = (place * m->positions + at) * wide_dim;
        for (long i = 0; i < dim; i++) {
            keep(cache->keys, m->format, first_key + i * BLOCK, key[i], key_up);
            keep(cache->values, m->format, first_value + i, value[i], value_up);
        }
    }
    meet(worker);
}

/* Attention of one query (scaled already) over the first `count` positions of one head. */
static inline __attribute__((always_inline)) void attend_as(
    long format, const float *query, const Cache *cache, long place, long positions, long dim, long count,
    float *scores, float *out) {
    long whole = rounded_up(count, BLOCK), wide_dim = rounded_up(dim, BLOCK);
    floats most = spread(-INFINITY);
    for (long block = 0; block < whole; block += BLOCK) {
        floats sums[BLOCK / LANES] = {{0}};
        for (long i = 0; i < dim; i++)
            for (int part = 0; part < BLOCK / LANES; part++)
                sums[part] += query[i] * load_as(format, cache->keys,
                                                 (place * positions + block) * dim + i * BLOCK + part * LANES);
        for (int part = 0; part < BLOCK / LANES; part++) {
            long at = block + part * LANES;
            if (format == INT8) sums[part] *= load(cache->key_scales + place * positions + at);
            store(scores + at, sums[part]);
        }
        for (long at = count; at < block + BLOCK; at++) scores[at] = -INFINITY;
        for (int part = 0; part < BLOCK / LANES; part++) most = larger(most, load(scores + block + part * LANES));
    }
    float peak = largest_of(most);
    floats total = {0};
    for (long at = 0; at < whole; at += LANES) {
        floats weight = exp_of(load(scores + at) - peak);
        if (at + LANES > count)
            for (long lane = count > at ? count - at : 0; lane < LANES; lane++) weight[lane] = 0;
        total += weight;
        if (format == INT8) weight *= load(cache->value_scales + place * positions + at);
        store(scores + at, weight);
    }
    float share = 1.0f / sum_of(total);
    for (long from = 0; from < wide_dim; from += BLOCK) {
        floats sums[BLOCK / LANES] = {{0}};
        for (long at = 0; at < count; at++)
            for (int part = 0; part < BLOCK / LANES; part++)
                sums[part] += scores[at] * load_as(format, cache->values,
                                                   (place * positions + at) * wide_dim + from + part * LANES);
        for (long i = from; i < dim && i < from + BLOCK; i++)
            out[i] = sums[(i - from) / LANES][(i - from) % LANES] * share;
    }
}

static void attend(
    long format, const float *query, const Cache *cache, long place, long positions, long dim, long count,
    float *scores, float *out) {
    if (format == INT8) attend_as(INT8, query, cache, place, positions, dim, count, scores, out);
    else if (format == BF16) attend_as(BF16, query, cache, place, positions, dim, count, scores, out);
    else attend_as(FP32, query, cache, place, positions, dim, count, scores, out);
}

static void self_attention(Worker *worker, const Step *step, const Layer *layer, float *scores) {
    const Model *m = step->model;
    normalize(worker, m, layer->self_norm, &layer->qkv, step->rows);
    Rows normed = as_rows(m, m->normed, m->narrow);
    multiply(worker, &layer->qkv, &normed, step->rows, m->queries, m->wide, STORE);
    remember(worker, step, &layer->cache);
    for (long item; (item = take(worker, step->rows * m->heads, 1)) >= 0;) {
        long row = item / m->heads, head = item % m->heads;
        attend(m->format, m->queries + row * m->wide + head * m->head_dim, &layer->cache,
               step->slots[row] * m->heads + head, m->positions, m->head_dim, step->positions[row] + 1, scores,
               m->attended + row * m->narrow + head * m->head_dim);
    }
    meet(worker);
    encode(worker, m, m->attended, m->narrow, &layer->out, step->rows);
    Rows attended = as_rows(m, m->attended, m->narrow);
    multiply(worker, &layer->out, &attended, step->rows, m->x, m->narrow, ADD);
}

static void softmax(float *values, long count) {
    float peak = -INFINITY, total = 0;
    for (long i = 0; i < count; i++) peak = values[i] > peak ? values[i] : peak;
    for (long i = 0; i < count; i++) total += values[i] = expf(values[i] - peak);
    for (long i = 0; i < count; i++) values[i] /= total;
}

static void cross_attention(Worker *worker, const Step *step, const Layer *layer, float *scores) {
    const Model *m = step->model;
    long rows = step->conditional, tokens = m->text_tokens;
    normalize(worker, m, layer->cross_norm, &layer->cross_in, rows);
    Rows normed = as_rows(m, m->normed, m->narrow);
    multiply(worker, &layer->cross_in, &normed, rows, m->queries, m->wide, STORE);
    for (long item; (item = take(worker, rows * m->heads, 1)) >= 0;) {
        long row = item / m->heads, head = item % m->heads;
        float *queries = m->queries + row * m->wide;
        if (m->folded) softmax(queries + head * tokens, tokens);
        else
            attend(FP32, queries + head * m->head_dim, &layer->cross, head, rounded_up(tokens, BLOCK), m->head_dim,
                   tokens, scores, m->attended + row * m->narrow + head * m->head_dim);
    }
    meet(worker);
    float *weighed = m->folded ? m->queries : m->attended;
    long stride = m->folded ? m->wide : m->narrow;
    encode(worker, m, weighed, stride, &layer->cross_out, rows);
    Rows through = as_rows(m, weighed, stride);
    multiply(worker, &layer->cross_out, &through, rows, m->x, m->narrow, ADD);
}

static void feed_forward(Worker *worker, const Step *step, const Layer *layer) {
    const Model *m = step->model;
    normalize(worker, m, layer->final_norm, &layer->up, step->rows);
    Rows normed = as_rows(m, m->normed, m->narrow);
    multiply(worker, &layer->up, &normed, step->rows, m->fed, m->inner, (Finish)m->activation);
    encode(worker, m, m->fed, m->inner, &layer->down, step->rows);
    Rows fed = as_rows(m, m->fed, m->inner);
    multiply(worker, &layer->down, &fed, step->rows, m->x, m->narrow, ADD);
}

static void run_step(void *task, Worker *worker) {
    const Step *step = task;
    const Model *m = step->model;
    const long room = m->positions > m->text_tokens ? m->positions : m->text_tokens;
    float *scores = m->scores + worker->thread * rounded_up(room, BLOCK);
    for (long i = 0; i < m->layers; i++) {
        const Layer *layer = m->layer + i;
        self_attention(worker, step, layer, scores);
        if (m->has_cross && step->conditional) cross_attention(worker, step, layer, scores);
        feed_forward(worker, step, layer);
    }
    if (step->logits) {
        normalize(worker, m, m->norm, &m->logits, step->rows);
        Rows normed = as_rows(m, m->normed, m->narrow);
        multiply(worker, &m->logits, &normed, step->rows, step->logits, m->logits.outputs, STORE);
    }
}

/* Sizes that the caller's idea of the structures must agree with. */
long aurax_sizes(int which) { return which == 0 ? sizeof(Matrix) : which == 1 ? sizeof(Layer) : sizeof(Model); }

/* Lanes of the vectors compiled for: 16 with VNNI, 8 with AVX2, otherwise 4. */
int aurax_lanes(void) { return LANES; }

void *aurax_pool_create(int threads) { return pool_create(threads); }

int aurax_pool_threads(const void *pool) { return ((const Pool *)pool)->threads; }

void aurax_pool_destroy(void *pool) { pool_destroy(pool); }

/* Take `model->x` through all layers. `logits` has the rows' logits, or is null when only the cache is wanted. */
void aurax_step(
    void *pool, const Model *model, long rows, long conditional, const int64_t *slots, const int64_t *positions,
    float *logits) {
    Step step = {model, rows, conditional, slots, positions, logits};
    pool_run(pool, run_step, &step);
}
