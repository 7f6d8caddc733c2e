/* Attention of float32 queries on a CPU, without gradients. Plain C ABI; OpenMP when the compiler has it.
 *
 *   out[b, i] = sum_j softmax_j(scale * q[b, i] . k[b, j]) v[b, j]   over the keys j with blocked[i, j] == 0
 *
 * A query that is blocked everywhere gets zeros. Keys are packed in panels and values in padded rows, once. Then a tile of a
 * few queries walks over blocks of keys: products in registers, exponentials in the first cache, their products with the
 * values in registers again. The softmax is kept relative to the largest logit so far, so no row of logits is ever
 * complete. One thread owns each tile: the number of threads never changes a bit.
 *
 * The tiles exist once per instruction set: this file includes itself with LANES, VECTOR and friends defined anew.
 */
#ifndef LANES

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define X86 1
#else
#define X86 0
#endif

#define API __attribute__((visibility("default")))
#define INLINE static inline __attribute__((always_inline))
#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)
#define NAME(x) JOIN(x, ISA)

enum { NONE = 0, AVX2 = 1, AVX512 = 2 };
enum { ALIGN = 64, PANEL = 32, KEYS = 256, WIDEST = 128 }; /* keys of a panel and of a block; longest row */

typedef struct { /* b is one of heads * batch; strides in floats, rows are contiguous */
    const float *q, *k, *v;
    const uint8_t *blocked; /* [queries, keys], or NULL */
    float *out;             /* [b, queries, out_width] contiguous */
    int64_t q_head, q_row, k_head, k_row, v_head, v_row;
    int heads, queries, keys, width, out_width;
    float scale;
    float *panels; /* [b, padded keys / PANEL, width, PANEL] */
    float *values; /* [b, padded keys, padded out_width] */
} Job;

INLINE int rounded_up(int count, int step) { return (count + step - 1) / step * step; }

static void pack(const Job *job, int head, int panel) {
    int padded = rounded_up(job->keys, PANEL), wide = rounded_up(job->out_width, PANEL);
    float *keys = job->panels + ((int64_t)head * padded + panel * PANEL) * job->width;
    float *values = job->values + ((int64_t)head * padded + panel * PANEL) * wide;
    for (int j = 0; j < PANEL; j++) {
        int row = panel * PANEL + j, real = row < job->keys;
        const float *k = job->k + head * job->k_head + (real ? row : 0) * job->k_row;
        const float *v = job->v + head * job->v_head + (real ? row : 0) * job->v_row;
        for (int c = 0; c < job->width; c++) keys[c * PANEL + j] = real ? k[c] : 0.f;
        for (int c = 0; c < wide; c++) values[j * wide + c] = real && c < job->out_width ? v[c] : 0.f;
    }
}

#if X86
#define LANES 8
#define ISA avx2
#define TARGET __attribute__((target("avx2,fma")))
#define VECTOR __m256
#define ROWS 6
#define LOAD _mm256_loadu_ps
#define STORE _mm256_storeu_ps
#define SPLAT _mm256_set1_ps
#define FMA _mm256_fmadd_ps
#define ADD _mm256_add_ps
#define SUB _mm256_sub_ps
#define MUL _mm256_mul_ps
#define MAX _mm256_max_ps
#define ROUND(x) _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define TIMES_TWO_TO(x, n) \
    _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23)))
#define ZERO_BELOW(x, low, y) _mm256_and_ps(_mm256_cmp_ps(x, low, _CMP_NLT_UQ), y)
#define HIDE(x, bytes, value)                                                                                          \
    _mm256_blendv_ps(x, value, _mm256_castsi256_ps(_mm256_cmpgt_epi32(                                                 \
        _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(bytes))), _mm256_setzero_si256())))
#include "attend.c"

#define LANES 16
#define ISA avx512
#define TARGET __attribute__((target("avx512f,avx2,fma")))
#define VECTOR __m512
#define ROWS 12
#define LOAD _mm512_loadu_ps
#define STORE _mm512_storeu_ps
#define SPLAT _mm512_set1_ps
#define FMA _mm512_fmadd_ps
#define ADD _mm512_add_ps
#define SUB _mm512_sub_ps
#define MUL _mm512_mul_ps
#define MAX _mm512_max_ps
#define ROUND(x) _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define TIMES_TWO_TO(x, n) _mm512_scalef_ps(x, n)
#define ZERO_BELOW(x, low, y) _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, low, _CMP_NLT_UQ), y)
#define HIDE(x, bytes, value)                                                                                          \
    _mm512_mask_mov_ps(x, _mm512_cmpgt_epi32_mask(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(bytes))),     \
                                                  _mm512_setzero_si512()), value)
#include "attend.c"
#endif

/* The best instruction set of this machine, one of the enum above. */
API int attend_best_isa(void) {
#if X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return AVX2;
#endif
    return NONE;
}

/* strides: of heads and rows of q, k, v. Returns 0, or 1 if there is no memory or no such instruction set. */
API int attend(const float *q, const float *k, const float *v, const uint8_t *blocked, float *out, const int64_t *strides,
               int heads, int queries, int keys, int width, int out_width, float scale, int isa, int threads) {
    int padded = rounded_up(keys, PANEL), wide = rounded_up(out_width, PANEL);
    Job job = {q, k, v, blocked, out, strides[0], strides[1], strides[2], strides[3], strides[4], strides[5],
               heads, queries, keys, width, out_width, scale, NULL, NULL};
    void (*tile)(const Job *, int, int) = NULL;
    int rows = 1;
#if X86
    if (isa == AVX2) tile = tile_avx2, rows = 6;
    if (isa == AVX512) tile = tile_avx512, rows = 12;
#endif
    if (!tile || width > WIDEST || out_width > WIDEST) return 1;
    job.panels = aligned_alloc(ALIGN, sizeof(float) * rounded_up(width, PANEL) * padded * (int64_t)heads);
    job.values = aligned_alloc(ALIGN, sizeof(float) * wide * padded * (int64_t)heads);
    if (!job.panels || !job.values) return free(job.panels), free(job.values), 1;
    int tiles = (queries + rows - 1) / rows, panels = padded / PANEL;
#ifdef _OPENMP
#pragma omp parallel num_threads(threads)
#endif
    {
#ifdef _OPENMP
#pragma omp for schedule(static)
#endif
        for (int64_t i = 0; i < (int64_t)heads * panels; i++) pack(&job, i / panels, i % panels);
#ifdef _OPENMP
#pragma omp for schedule(dynamic, 8)
#endif
        for (int64_t i = 0; i < (int64_t)heads * tiles; i++) tile(&job, i / tiles, (int)(i % tiles) * rows);
    }
    free(job.panels);
    free(job.values);
    return 0;
}

#else /* one instruction set */

#define STEP 2 /* vectors that a tile of ROWS holds in registers */

/* e^x for x <= 0, to about one unit in the last place; zero where it is below the smallest normal number. */
TARGET INLINE VECTOR NAME(exponential)(VECTOR x) {
    const VECTOR low = SPLAT(-87.3f);
    VECTOR n = ROUND(MUL(MAX(low, x), SPLAT(1.44269504088896341f))); /* in this order NaN passes */
    VECTOR r = FMA(n, SPLAT(-0.693359375f), MAX(low, x)); /* ln 2 in two parts, the first exact */
    r = FMA(n, SPLAT(2.12194440e-4f), r);
    VECTOR p = SPLAT(1.f / 720); /* Taylor: |r| <= ln 2 / 2 */
    p = FMA(p, r, SPLAT(1.f / 120));
    p = FMA(p, r, SPLAT(1.f / 24));
    p = FMA(p, r, SPLAT(1.f / 6));
    p = FMA(p, r, SPLAT(0.5f));
    p = FMA(p, r, SPLAT(1.f));
    p = FMA(p, r, SPLAT(1.f));
    return ZERO_BELOW(x, low, TIMES_TWO_TO(p, n));
}

/* sums[r][STEP * LANES] += a[r * a_row + c * a_step] * b[c * b_row ...] over c: a tile of a product, in registers. */
TARGET INLINE void NAME(product)(const float *a, int a_row, int a_step, const float *b, int b_row, int count, float *sums,
                                 int sums_row) {
    VECTOR acc[ROWS][STEP];
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++)
        for (int s = 0; s < STEP; s++) acc[r][s] = LOAD(sums + r * sums_row + s * LANES);
    for (int c = 0; c < count; c++) {
        VECTOR first = LOAD(b + c * b_row), second = LOAD(b + c * b_row + LANES);
#pragma GCC unroll 12
        for (int r = 0; r < ROWS; r++) {
            VECTOR factor = SPLAT(a[r * a_row + c * a_step]);
            acc[r][0] = FMA(factor, first, acc[r][0]);
            acc[r][1] = FMA(factor, second, acc[r][1]);
        }
    }
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++)
        for (int s = 0; s < STEP; s++) STORE(sums + r * sums_row + s * LANES, acc[r][s]);
}

/* The largest of the logits of one row, which become -inf where ``blocked`` (or NULL) says so. */
TARGET INLINE VECTOR NAME(largest)(float *logits, int count, const uint8_t *blocked) {
    const VECTOR never = SPLAT(-INFINITY);
    VECTOR most = never;
    for (int c = 0; c < count; c += LANES) {
        VECTOR x = LOAD(logits + c);
        if (blocked) {
            x = HIDE(x, blocked + c, never);
            STORE(logits + c, x);
        }
        most = MAX(most, x);
    }
    return most;
}

/* Logits of one row to weights relative to the largest so far; returns by what earlier sums shrink. */
TARGET INLINE float NAME(weigh)(float *logits, int count, const uint8_t *blocked, float *largest, float *total) {
    float lanes[LANES], before = *largest;
    STORE(lanes, NAME(largest)(logits, count, blocked));
    for (int i = 0; i < LANES; i++) *largest = lanes[i] > *largest ? lanes[i] : *largest;
    VECTOR top = SPLAT(*largest), sum = SPLAT(0.f);
    for (int c = 0; c < count; c += LANES) {
        VECTOR weight = NAME(exponential)(SUB(LOAD(logits + c), top));
        STORE(logits + c, weight);
        sum = ADD(sum, weight);
    }
    float shrink = before == *largest ? 1.f : expf(before - *largest);
    *total *= shrink;
    STORE(lanes, sum);
    for (int i = 0; i < LANES; i++) *total += lanes[i];
    return shrink;
}

/* ROWS queries of one head from ``first`` on; those past the end repeat the last and are not written. */
TARGET static void NAME(tile)(const Job *job, int head, int first) {
    int padded = rounded_up(job->keys, PANEL), wide = rounded_up(job->out_width, PANEL);
    float asked[WIDEST * ROWS], logits[ROWS * KEYS], sums[ROWS * WIDEST], largest[ROWS], total[ROWS];
    uint8_t hidden[KEYS];
    for (int r = 0; r < ROWS; r++) {
        int row = first + r < job->queries ? first + r : job->queries - 1;
        const float *q = job->q + head * job->q_head + row * job->q_row;
        for (int c = 0; c < job->width; c++) asked[c * ROWS + r] = q[c] * job->scale;
        for (int c = 0; c < wide; c++) sums[r * wide + c] = 0.f;
        largest[r] = -FLT_MAX / 2, total[r] = 0.f; /* not -inf: a block of keys may be hidden as a whole */
    }
    for (int start = 0; start < padded; start += KEYS) {
        int count = padded - start < KEYS ? padded - start : KEYS;
        const float *keys = job->panels + ((int64_t)head * padded + start) * job->width;
        const float *values = job->values + ((int64_t)head * padded + start) * wide;
        for (int c = 0; c < ROWS * KEYS; c++) logits[c] = 0.f;
        for (int c = 0; c < count; c += STEP * LANES)
            NAME(product)(asked, 1, ROWS, keys + c / PANEL * PANEL * job->width + c % PANEL, PANEL, job->width, logits + c, KEYS);
        for (int r = 0; r < ROWS; r++) {
            int row = first + r < job->queries ? first + r : job->queries - 1, real = job->keys - start;
            const uint8_t *blocked = job->blocked ? job->blocked + (int64_t)row * job->keys + start : NULL;
            if (real < count) { /* nobody sees what is past the last key */
                for (int c = 0; c < count; c++) hidden[c] = c >= real || (blocked && blocked[c]);
                blocked = hidden;
            }
            float shrink = NAME(weigh)(logits + r * KEYS, count, blocked, largest + r, total + r);
            if (shrink != 1.f)
                for (int c = 0; c < wide; c++) sums[r * wide + c] *= shrink;
        }
        for (int c = 0; c < wide; c += STEP * LANES) NAME(product)(logits, KEYS, 1, values + c, wide, count, sums + c, wide);
    }
    for (int r = 0; r < ROWS && first + r < job->queries; r++) {
        float *out = job->out + ((int64_t)head * job->queries + first + r) * job->out_width;
        for (int c = 0; c < job->out_width; c++) out[c] = total[r] == 0.f ? 0.f : sums[r * wide + c] / total[r];
    }
}

#undef STEP
#undef LANES
#undef ISA
#undef TARGET
#undef VECTOR
#undef ROWS
#undef LOAD
#undef STORE
#undef SPLAT
#undef FMA
#undef ADD
#undef SUB
#undef MUL
#undef MAX
#undef ROUND
#undef TIMES_TWO_TO
#undef ZERO_BELOW
#undef HIDE
#endif
