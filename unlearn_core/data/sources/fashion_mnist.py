"""FashionMNIST: 60,000 + 10,000 articles of clothing, 28x28 (Xiao, Rasul, Vollgraf 2017)."""

from __future__ import annotations

from unlearn_core.data.sources.idx import IdxLayout, idx_checksums
from unlearn_core.data.sources.source import Source

__all__ = ["LAYOUT", "SOURCE"]

# SHA-256 of the four files, in the order of IDX_NAMES.
_GZIPPED = (
    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
)
_UNPACKED = (
    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
)

LAYOUT = IdxLayout(
    dataset="fashion_mnist",
    folder="FashionMNIST/raw",
    class_names=(
        "T-shirt/top",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ),
    checksums=idx_checksums(_GZIPPED, _UNPACKED),
)

SOURCE = Source(
    name="fashion_mnist",
    title="FashionMNIST articles of clothing, 28x28",
    origin="github.com/zalandoresearch/fashion-mnist",
    files=LAYOUT.files,
    read=LAYOUT.read,
)
