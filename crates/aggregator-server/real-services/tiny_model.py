"""Writes a model of llama's architecture with random weights, half a megabyte: tiny_model.py FILE.

What it says has no sense, but it is counted, streamed and ended as that of any other model.
"""

import sys

import gguf
import numpy

WIDTH, LAYERS, HEADS, KEY_HEADS, INNER = 64, 2, 4, 2, 128
random = numpy.random.default_rng(11)


def weights(*shape, scale=0.3):
    return (random.standard_normal(shape) * scale).astype(numpy.float32)


# Special tokens, all bytes, and pieces of words; "\u2581" stands for a space.
pieces = ["\u2581", *"etaoinshrdlu.,[]()0123456789", "\u2581Rust", "\u2581was", "\u2581released", "\u2581[1]", "\u2581the", "\u2581tide"]
tokens = [b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % byte for byte in range(256)] + [piece.encode() for piece in pieces]
kind = gguf.TokenType
kinds = [kind.UNKNOWN, kind.CONTROL, kind.CONTROL] + [kind.BYTE] * 256 + [kind.NORMAL] * len(pieces)

model = gguf.GGUFWriter(sys.argv[1], "llama")
model.add_name("tiny")
model.add_context_length(8192)
model.add_embedding_length(WIDTH)
model.add_block_count(LAYERS)
model.add_feed_forward_length(INNER)
model.add_head_count(HEADS)
model.add_head_count_kv(KEY_HEADS)
model.add_layer_norm_rms_eps(1e-5)
model.add_rope_dimension_count(WIDTH // HEADS)
model.add_vocab_size(len(tokens))
model.add_file_type(gguf.LlamaFileType.ALL_F32)
model.add_tokenizer_model("llama")
model.add_tokenizer_pre("default")
model.add_token_list(tokens)
model.add_token_scores([-float(number) for number in range(len(tokens))])
model.add_token_types(kinds)
model.add_bos_token_id(1)
model.add_eos_token_id(2)
model.add_unk_token_id(0)
model.add_chat_template("{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}{{ 'assistant:' }}")
model.add_tensor("token_embd.weight", weights(len(tokens), WIDTH, scale=1.0))
model.add_tensor("output_norm.weight", numpy.ones(WIDTH, numpy.float32))
output = weights(len(tokens), WIDTH, scale=0.5)
# Single bytes are unlikely, so that the text is UTF-8.
output[:259] *= 0.02
model.add_tensor("output.weight", output)
for layer in range(LAYERS):
    named = lambda name: f"blk.{layer}.{name}.weight"
    model.add_tensor(named("attn_norm"), numpy.ones(WIDTH, numpy.float32))
    model.add_tensor(named("ffn_norm"), numpy.ones(WIDTH, numpy.float32))
    model.add_tensor(named("attn_q"), weights(WIDTH, WIDTH))
    model.add_tensor(named("attn_k"), weights(WIDTH // HEADS * KEY_HEADS, WIDTH))
    model.add_tensor(named("attn_v"), weights(WIDTH // HEADS * KEY_HEADS, WIDTH))
    model.add_tensor(named("attn_output"), weights(WIDTH, WIDTH))
    model.add_tensor(named("ffn_gate"), weights(INNER, WIDTH))
    model.add_tensor(named("ffn_up"), weights(INNER, WIDTH))
    model.add_tensor(named("ffn_down"), weights(WIDTH, INNER))
model.write_header_to_file()
model.write_kv_data_to_file()
model.write_tensors_to_file()
model.close()
