// A literal port of the published description of ScanNet's mesh segmentation: running means of face normals, std::sort of
// the edges, Felzenszwalb-Huttenlocher merging. The benchmark compiles it with -O3; nothing else uses it.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

struct Point {
    float x, y, z;
};

struct Edge {
    float weight;
    int a, b;
};

static Point minus(Point a, Point b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }

static float dot(Point a, Point b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

static Point cross(Point a, Point b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }

static Point unit(Point a) {
    float length = std::sqrt(dot(a, a));
    return {a.x / length, a.y / length, a.z / length};
}

static Point running_mean(Point mean, Point value, float count) {
    float w = 1.0f / (count + 1.0f), u = 1.0f - w;
    return {value.x * w + mean.x * u, value.y * w + mean.y * u, value.z * w + mean.z * u};
}

struct Components {
    std::vector<int> parent, rank, size;

    explicit Components(int count) : parent(count), rank(count, 0), size(count, 1) {
        for (int i = 0; i < count; i++) parent[i] = i;
    }

    int find(int vertex) {
        int root = vertex;
        while (parent[root] != root) root = parent[root];
        parent[vertex] = root;
        return root;
    }

    int join(int a, int b) {
        if (rank[a] > rank[b]) std::swap(a, b);
        else if (rank[a] == rank[b]) rank[b]++;
        parent[a] = b;
        size[b] += size[a];
        return b;
    }
};

static std::vector<Edge> bent_edges(const Point *p, int vertex_count, const int64_t *faces, int face_count) {
    std::vector<Point> normal(vertex_count, Point{0, 0, 0});
    std::vector<float> seen(vertex_count, 0.0f);
    std::vector<Edge> edges;
    edges.reserve(3 * (size_t)face_count);
    for (int f = 0; f < face_count; f++) {
        int i1 = (int)faces[3 * f], i2 = (int)faces[3 * f + 1], i3 = (int)faces[3 * f + 2];
        Point n = unit(cross(minus(p[i2], p[i1]), minus(p[i3], p[i1])));
        for (int v : {i1, i2, i3}) {
            normal[v] = running_mean(normal[v], n, seen[v]);
            seen[v] += 1.0f;
        }
        edges.push_back({0, i1, i2});
        edges.push_back({0, i1, i3});
        edges.push_back({0, i3, i2});
    }
    for (Edge &e : edges) {
        Point d = unit(minus(p[e.b], p[e.a]));
        float bend = 1.0f - dot(normal[e.a], normal[e.b]);
        e.weight = dot(normal[e.b], d) > 0 ? bend * bend : bend;
    }
    return edges;
}

extern "C" void mesh_segmentation(const float *vertices, int vertex_count, const int64_t *faces, int face_count,
                                  float k_threshold, int min_vertices, int64_t *roots) {
    std::vector<Edge> edges = bent_edges((const Point *)vertices, vertex_count, faces, face_count);
    std::sort(edges.begin(), edges.end(), [](const Edge &a, const Edge &b) { return a.weight < b.weight; });
    Components parts(vertex_count);
    std::vector<float> threshold(vertex_count, k_threshold);
    for (const Edge &e : edges) {
        int a = parts.find(e.a), b = parts.find(e.b);
        if (a != b && e.weight <= threshold[a] && e.weight <= threshold[b]) {
            int root = parts.join(a, b);
            threshold[root] = e.weight + k_threshold / (float)parts.size[root];
        }
    }
    for (const Edge &e : edges) {
        int a = parts.find(e.a), b = parts.find(e.b);
        if (a != b && (parts.size[a] < min_vertices || parts.size[b] < min_vertices)) parts.join(a, b);
    }
    for (int v = 0; v < vertex_count; v++) roots[v] = parts.find(v);
}
