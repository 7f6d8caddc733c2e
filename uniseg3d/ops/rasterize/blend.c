/* Gaussians blended one after the other, nearest first, over the pixels that each is visible in; and the derivative.

   Every band of image rows is a thread's own, gradients included, so nothing is shared and results do not depend on timing.
   clear: what is left of the light in front of the next gaussian; negative once a pixel is opaque. */

#include <math.h>
#include <stdint.h>

#define FAINTEST (1.0f / 255.0f)
#define OPAQUE 1e-4
#define ROUNDING 1e-3f
#define EXPORT __attribute__((visibility("default")))

typedef struct {
    const float *pixel, *conic, *opacity, *channels; /* [K, 2], [K, 3], [K], [K, C] */
    const int64_t *box;                              /* [K, 4] */
    int64_t count, width, depth;                     /* K, columns of the image, C */
    float largest;
    int passes;
} Scene;

typedef struct {
    int64_t first, last;
} Span;

/* Columns of row y inside the ellipse that gaussian k is visible in. */
static Span span(const Scene *s, int64_t k, float down, float limit) {
    const float a = s->conic[3 * k], b = s->conic[3 * k + 1], c = s->conic[3 * k + 2];
    const float inside = a * limit - (a * c - b * b) * down * down;
    const float half = sqrtf(inside > 0 ? inside : 0) / a + ROUNDING, middle = s->pixel[2 * k] + b * down / a;
    Span columns = {(int64_t)ceilf(middle - half), (int64_t)floorf(middle + half) + 1};
    if (columns.first < s->box[4 * k]) columns.first = s->box[4 * k];
    if (columns.last > s->box[4 * k + 1]) columns.last = s->box[4 * k + 1];
    return columns;
}

/* What gaussian k covers of a pixel that is across and down from its centre. */
static inline float covered(const Scene *s, int64_t k, float across, float down) {
    const float *q = s->conic + 3 * k;
    return s->opacity[k] * expf(-0.5f * (q[0] * across * across + q[2] * down * down) - q[1] * across * down);
}

static void draw(const Scene *s, int64_t top, int64_t bottom, double *clear, double *image) {
    for (int64_t k = 0; k < s->count; k++) {
        const int64_t first = s->box[4 * k + 2] > top ? s->box[4 * k + 2] : top;
        const int64_t last = s->box[4 * k + 3] < bottom ? s->box[4 * k + 3] : bottom;
        const float limit = 2 * logf(s->opacity[k] / FAINTEST), *color = s->channels + k * s->depth;
        for (int64_t y = first; y < last; y++) {
            const float down = s->pixel[2 * k + 1] - y;
            const Span columns = span(s, k, down, limit);
            for (int64_t x = columns.first; x < columns.last; x++) {
                const int64_t place = y * s->width + x;
                const double light = clear[place];
                if (light < 0) continue;
                float alpha = covered(s, k, s->pixel[2 * k] - x, down);
                if (!(alpha >= FAINTEST)) continue;
                if (alpha > s->largest) alpha = s->largest;
                const double left = light * (1 - (double)alpha);
                if (left < OPAQUE) {
                    clear[place] = -light;
                    continue;
                }
                const double weight = alpha * light;
                for (int64_t c = 0; c < s->depth; c++) image[place * s->depth + c] += weight * color[c];
                clear[place] = left;
            }
        }
    }
}

/* total: sum over all gaussians of weight times agreement in each pixel; before: the same of those in front. */
static void pull(const Scene *s, int64_t top, int64_t bottom, double *clear, double *before, const double *total,
                 const float *grad, float *to_shape, float *to_channels) {
    for (int64_t k = 0; k < s->count; k++) {
        const int64_t first = s->box[4 * k + 2] > top ? s->box[4 * k + 2] : top;
        const int64_t last = s->box[4 * k + 3] < bottom ? s->box[4 * k + 3] : bottom;
        const float limit = 2 * logf(s->opacity[k] / FAINTEST), *color = s->channels + k * s->depth;
        float *own = to_channels + k * s->depth;
        double flat = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0, sum_yy = 0;
        for (int64_t y = first; y < last; y++) {
            const float down = s->pixel[2 * k + 1] - y;
            const Span columns = span(s, k, down, limit);
            for (int64_t x = columns.first; x < columns.last; x++) {
                const int64_t place = y * s->width + x;
                const double light = clear[place];
                if (light < 0) continue;
                const float across = s->pixel[2 * k] - x, whole = covered(s, k, across, down);
                if (!(whole >= FAINTEST)) continue;
                const float alpha = whole > s->largest ? s->largest : whole;
                const double left = light * (1 - (double)alpha);
                if (left < OPAQUE) {
                    clear[place] = -light;
                    continue;
                }
                const double weight = alpha * light;
                double agreement = 0;
                for (int64_t c = 0; c < s->depth; c++) {
                    agreement += (double)grad[place * s->depth + c] * color[c];
                    own[c] += (float)(weight * grad[place * s->depth + c]);
                }
                before[place] += weight * agreement;
                clear[place] = left;
                if (whole > s->largest && !s->passes) continue;
                const double behind = total[place] - before[place];
                const double power = (light * agreement - behind / (1 - (double)alpha)) * whole;
                flat += power;
                sum_x += power * across;
                sum_y += power * down;
                sum_xx += power * across * across;
                sum_xy += power * across * down;
                sum_yy += power * down * down;
            }
        }
        const float *q = s->conic + 3 * k;
        float *shape = to_shape + 6 * k;
        shape[0] = (float)-(q[0] * sum_x + q[1] * sum_y);
        shape[1] = (float)-(q[1] * sum_x + q[2] * sum_y);
        shape[2] = (float)(-0.5 * sum_xx);
        shape[3] = (float)-sum_xy;
        shape[4] = (float)(-0.5 * sum_yy);
        shape[5] = (float)(flat / s->opacity[k]);
    }
}

#define SCENE {pixel, conic, opacity, channels, box, count, width, depth, largest, passes}
#define ARGUMENTS                                                                                                  \
    const float *pixel, const float *conic, const float *opacity, const float *channels, const int64_t *box,       \
        int64_t count, int64_t height, int64_t width, int64_t depth, float largest, int passes, int bands

/* clear [H, W] of ones and image [H, W, C] of zeros are filled. */
EXPORT void blend_draw(ARGUMENTS, double *clear, double *image) {
    const Scene scene = SCENE;
#pragma omp parallel for num_threads(bands)
    for (int band = 0; band < bands; band++)
        draw(&scene, height * band / bands, height * (band + 1) / bands, clear, image);
}

/* Gradients [bands, K, 6] of pixel, conic and opacity and [bands, K, C] of the channels; before [H, W] of zeros. */
EXPORT void blend_pull(ARGUMENTS, double *clear, double *before, const double *total, const float *grad, float *to_shape,
                       float *to_channels) {
    const Scene scene = SCENE;
#pragma omp parallel for num_threads(bands)
    for (int band = 0; band < bands; band++)
        pull(&scene, height * band / bands, height * (band + 1) / bands, clear, before, total, grad,
             to_shape + band * count * 6, to_channels + band * count * depth);
}
