"""Row 9: a small decoder-only language model with a KV cache that the host keeps, and LoRA.

Pre-norm transformer, LayerNorm without bias, rotary positions, squared ReLU, tied embeddings. `forward` is for training (whole sequences);
`step` is what gets exported: new tokens in, their logits and their own keys and values out (PERFORMANCE.md shows why).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..config import LanguageModelConfig
from ..language.tokenizer import special_tokens


class LoraLinear(nn.Module):
    """`y = x W + scale * (x A) B`; A and B exist from stage 2 on and are merged into W at export."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        nn.init.normal_(self.weight, std=inputs**-0.5)
        self.lora_a: nn.Parameter | None = None
        self.lora_b: nn.Parameter | None = None

    def add_lora(self, rank: int) -> None:
        outputs, inputs = self.weight.shape
        self.lora_a = nn.Parameter(torch.randn(rank, inputs) * inputs**-0.5)
        self.lora_b = nn.Parameter(torch.zeros(outputs, rank))

    @torch.no_grad()
    def merge_lora(self) -> None:
        if self.lora_a is not None:
            self.weight += self.lora_b @ self.lora_a
            self.lora_a = self.lora_b = None

    def forward(self, x: Tensor) -> Tensor:
        y = F.linear(x, self.weight)
        if self.lora_a is not None:
            y = y + F.linear(F.linear(x, self.lora_a), self.lora_b)
        return y


def rotary_angles(positions: Tensor, head_dim: int, base: float) -> tuple[Tensor, Tensor]:
    """positions [L] -> cos, sin [L, head_dim / 4]: half of each head is rotary."""
    turning = head_dim // 2
    frequencies = base ** (-torch.arange(0, turning, 2, dtype=torch.float32, device=positions.device) / turning)
    angles = positions.float()[:, None] * frequencies[None, :]
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x [..., L, head_dim]. The first half of a head turns with position, the second half does not: with it a word of the
    question finds the same word anywhere in the clip."""
    turning, still = x.chunk(2, dim=-1)
    first, second = turning.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, first * sin + second * cos, still], dim=-1)


class Block(nn.Module):
    def __init__(self, config: LanguageModelConfig):
        super().__init__()
        width = config.channels
        self.heads = config.heads
        self.attention_norm = nn.LayerNorm(width, bias=False)
        self.query = LoraLinear(width, width)
        self.key = LoraLinear(width, width)
        self.value = LoraLinear(width, width)
        self.output = LoraLinear(width, width)
        self.mlp_norm = nn.LayerNorm(width, bias=False)
        self.mlp_in = LoraLinear(width, width * config.mlp_ratio)
        self.mlp_out = LoraLinear(width * config.mlp_ratio, width)
        # Words that stand in the question must find the same words in the clip: start from "alike attends to alike".
        self.key.weight.data.copy_(self.query.weight.data)
        for layer in (self.output, self.mlp_out):
            layer.weight.data.mul_((2 * config.layers) ** -0.5)

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(-3, -2)  # [..., heads, L, head_dim]

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """x [B, L, H], causal."""
        h = self.attention_norm(x)
        query, key, value = (self.split(f(h)) for f in (self.query, self.key, self.value))
        cos, sin = cos.to(query.dtype), sin.to(query.dtype)
        mixed = F.scaled_dot_product_attention(rotate(query, cos, sin), rotate(key, cos, sin), value, is_causal=True)
        x = x + self.output(mixed.transpose(-3, -2).flatten(-2))
        return x + self.mlp_out(F.relu(self.mlp_in(self.mlp_norm(x))).square())

    def step(self, x: Tensor, past_key: Tensor, past_value: Tensor, cos: Tensor, sin: Tensor, mask: Tensor):
        """x [1, L, H]; past [1, heads, S, head_dim] (keys already rotated); mask [L, S + L], added to the scores."""
        h = self.attention_norm(x)
        query, key, value = (self.split(f(h)) for f in (self.query, self.key, self.value))
        query, key = rotate(query, cos, sin), rotate(key, cos, sin)
        keys, values = torch.cat([past_key, key], dim=2), torch.cat([past_value, value], dim=2)
        scores = query @ keys.transpose(-1, -2) / math.sqrt(query.shape[-1]) + mask
        mixed = scores.softmax(-1) @ values
        x = x + self.output(mixed.transpose(-3, -2).flatten(-2))
        return x + self.mlp_out(F.relu(self.mlp_in(self.mlp_norm(x))).square()), key, value


class LanguageModel(nn.Module):
    def __init__(self, config: LanguageModelConfig):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.channels)
        nn.init.normal_(self.embedding.weight, std=config.channels**-0.5)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.channels, bias=False)

    @property
    def head_dim(self) -> int:
        return self.config.channels // self.config.heads

    def embed(self, tokens: Tensor, soft: Tensor | None = None, soft_mask: Tensor | None = None) -> Tensor:
        """tokens [B, L]; where soft_mask [B, L] is 1 the row of soft [B, L, H] is added: the token there is `<wK>`, so a
        bridged half second also says which window it stands in."""
        x = self.embedding(tokens)
        return x if soft is None else x + soft_mask.unsqueeze(-1) * soft

    def hidden(self, tokens: Tensor, soft: Tensor | None = None, soft_mask: Tensor | None = None) -> Tensor:
        x = self.embed(tokens, soft, soft_mask)
        if torch.is_autocast_enabled("cpu"):
            x = x.bfloat16()  # the residual stream too: memory traffic, not arithmetic, is the cost on a CPU
        cos, sin = rotary_angles(torch.arange(tokens.shape[1], device=x.device), self.head_dim, self.config.rope_base)
        for block in self.blocks:
            x = block(x, cos, sin)
        return self.norm(x)

    def loss(self, tokens: Tensor, targets: Tensor, soft: Tensor | None = None, soft_mask: Tensor | None = None,
             token_weights: Tensor | None = None):
        """targets [B, L]: the next token, or -100. Logits are made only where there is a target (V is large).

        token_weights [V]: how much each token counts; a verdict or a time is worth more than the words around it.
        """
        hidden = self.hidden(tokens, soft, soft_mask)
        wanted = targets >= 0
        logits = F.linear(hidden[wanted], self.embedding.weight).float()
        if token_weights is not None:  # ids that the tokenizer left unused weigh nothing in particular
            token_weights = F.pad(token_weights, (0, logits.shape[1] - len(token_weights)), value=1.0)
        return F.cross_entropy(logits, targets[wanted], token_weights), logits, targets[wanted]

    def step(self, tokens: Tensor, soft: Tensor, soft_mask: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """The exported graph.

        tokens [1, L] int64, soft [1, L, H], soft_mask [1, L], past [S, layers, 2, heads, head_dim]
        -> logits [1, V] of the last position, present [L, layers, 2, heads, head_dim].
        """
        x = self.embed(tokens, soft, soft_mask)
        length, before = tokens.shape[1], past.shape[0]
        positions = torch.arange(before, before + length, device=tokens.device)
        cos, sin = rotary_angles(positions, self.head_dim, self.config.rope_base)
        everything = torch.arange(before + length, device=tokens.device)
        mask = torch.where(everything[None, :] <= positions[:, None], 0.0, -1e9)
        present = []
        for index, block in enumerate(self.blocks):
            past_key = past[:, index, 0].transpose(0, 1).unsqueeze(0)  # [1, heads, S, head_dim]
            past_value = past[:, index, 1].transpose(0, 1).unsqueeze(0)
            x, key, value = block.step(x, past_key, past_value, cos, sin, mask)
            present.append(torch.stack([key[0].transpose(0, 1), value[0].transpose(0, 1)], dim=1))
        logits = F.linear(self.norm(x[:, -1]), self.embedding.weight)
        return logits, torch.stack(present, dim=1)

    def add_lora(self) -> list[nn.Parameter]:
        """Freezes everything and returns the new LoRA parameters."""
        self.requires_grad_(False)
        added: list[nn.Parameter] = []
        for module in self.modules():
            if isinstance(module, LoraLinear):
                if module.lora_a is None:
                    module.add_lora(self.config.lora_rank)
                module.lora_a.requires_grad_(True)
                module.lora_b.requires_grad_(True)
                added += [module.lora_a, module.lora_b]
        if self.config.tune_controls:
            weight = self.embedding.weight.requires_grad_(True)
            controls = (torch.arange(len(weight)) < len(special_tokens())).to(weight.dtype).unsqueeze(1)
            weight.register_hook(lambda gradient: gradient * controls)
            added.append(weight)
        return added

    def merge_lora(self) -> None:
        for module in self.modules():
            if isinstance(module, LoraLinear):
                module.merge_lora()
