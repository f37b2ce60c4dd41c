"""The GLSL programs: skinning and light for what is seen, depth alone for shadows."""

VERTEX = """
#version 330
in vec3 in_position; in vec3 in_normal; in vec2 in_uv; in vec3 in_colour; in vec4 in_w0; in vec4 in_w1;
uniform mat4 groups[8];
uniform mat4 projection;
out vec3 p; out vec3 n; out vec2 uv; out vec3 colour; out vec3 rest;
void main() {
    mat4 M = groups[0]*in_w0.x + groups[1]*in_w0.y + groups[2]*in_w0.z + groups[3]*in_w0.w
           + groups[4]*in_w1.x + groups[5]*in_w1.y + groups[6]*in_w1.z + groups[7]*in_w1.w;
    vec4 q = M * vec4(in_position, 1.0);
    p = q.xyz; n = mat3(M) * in_normal; uv = in_uv; colour = in_colour; rest = in_position;
    gl_Position = projection * q;
}
"""

FRAGMENT = """
#version 330
in vec3 p; in vec3 n; in vec2 uv; in vec3 colour; in vec3 rest;
uniform sampler2D picture; uniform bool textured; uniform vec3 tint; uniform float tint_mix;
uniform vec3 light_direction[3]; uniform vec3 light_colour[3];
uniform vec3 sky; uniform vec3 ground; uniform vec3 up;
uniform float wrap; uniform float shine; uniform float gloss; uniform float grain; uniform float grain_scale;
uniform int alpha_pass; uniform float cut;
uniform sampler2DShadow shadows; uniform mat4 to_shadow; uniform float shadow_depth; uniform vec2 shadow_corner;
uniform float shadow_side;
out vec4 result;
float hash(vec3 q) { q = fract(q * 0.3183099 + 0.1); q *= 17.0; return fract(q.x * q.y * q.z * (q.x + q.y + q.z)); }
float noise(vec3 q) {
    vec3 i = floor(q), f = fract(q); f = f * f * (3.0 - 2.0 * f);
    vec4 low = vec4(hash(i), hash(i + vec3(1,0,0)), hash(i + vec3(0,1,0)), hash(i + vec3(1,1,0)));
    i.z += 1.0;
    vec4 high = vec4(hash(i), hash(i + vec3(1,0,0)), hash(i + vec3(0,1,0)), hash(i + vec3(1,1,0)));
    vec4 c = mix(low, high, f.z);
    return mix(mix(c.x, c.y, f.x), mix(c.z, c.w, f.x), f.y);
}
float lit() {
    if (shadow_depth == 0.0) return 1.0;
    vec3 q = (to_shadow * vec4(p, 1.0)).xyz * 0.5 + 0.5;
    if (any(lessThan(q.xy, vec2(0.01))) || any(greaterThan(q.xy, vec2(0.99)))) return 1.0;
    float step_uv = 0.004, sum = 0.0;
    for (int i = -1; i <= 1; i++) for (int j = -1; j <= 1; j++)
        sum += texture(shadows, vec3(shadow_corner + shadow_side * (q.xy + step_uv * vec2(i, j)), q.z - 0.008));
    return 1.0 - shadow_depth * (1.0 - sum / 9.0);
}
void main() {
    vec4 base = vec4(colour, 1.0);
    if (textured) {
        base = texture(picture, uv);
        float lum = dot(base.rgb, vec3(0.3, 0.59, 0.11));
        base.rgb = mix(base.rgb * colour, tint * (0.35 + 1.6 * lum), tint_mix);
    }
    if (alpha_pass == 1 && base.a < cut) discard;
    if (alpha_pass == 2 && (base.a >= cut || base.a < 0.03)) discard;
    if (grain > 0.0) {
        float g = noise(rest * grain_scale) + 0.5 * noise(rest * grain_scale * 2.7) - 0.75;
        base.rgb *= 1.0 + grain * g;
    }
    vec3 N = normalize(n); vec3 V = normalize(-p);
    if (dot(N, V) < 0.0) N = -N;
    vec3 light = mix(ground, sky, 0.5 + 0.5 * dot(N, up));
    vec3 glint = vec3(0.0);
    float key = lit();
    for (int k = 0; k < 3; k++) {
        float reach = k == 0 ? key : 1.0;
        float d = (dot(N, light_direction[k]) + wrap) / (1.0 + wrap);
        light += reach * max(d, 0.0) * light_colour[k];
        vec3 H = normalize(light_direction[k] + V);
        glint += reach * step(0.0, d) * pow(max(dot(N, H), 0.0), gloss) * shine * light_colour[k];
    }
    vec3 c = base.rgb * base.rgb * light + glint;    // colours are stored with a square-root transfer
    result = vec4(sqrt(clamp(c, 0.0, 1.0)), alpha_pass == 2 ? base.a : 1.0);
}
"""

SHADOW_VERTEX = """
#version 330
in vec3 in_position; in vec2 in_uv; in vec4 in_w0; in vec4 in_w1;
uniform mat4 groups[8]; uniform mat4 to_shadow;
out vec2 uv;
void main() {
    mat4 M = groups[0]*in_w0.x + groups[1]*in_w0.y + groups[2]*in_w0.z + groups[3]*in_w0.w
           + groups[4]*in_w1.x + groups[5]*in_w1.y + groups[6]*in_w1.z + groups[7]*in_w1.w;
    uv = in_uv; gl_Position = to_shadow * (M * vec4(in_position, 1.0));
}
"""
SHADOW_FRAGMENT = """
#version 330
in vec2 uv; uniform sampler2D picture; uniform bool textured; uniform float cut;
void main() { if (textured && texture(picture, uv).a < min(cut, 0.6)) discard; }
"""
