using Engine.Kernels;

namespace Engine.Core.Trees;

/// <summary>What a tree is but for the values of its tensors: its structure, and if wanted shapes, element types and constants.</summary>
internal sealed class TreeSignature
{
    private readonly List<object?> _parts = [];
    private readonly bool _isExact;

    private TreeSignature(bool isExact) => _isExact = isExact;

    /// <summary>The signature of a tree.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="isExact">Whether shapes, element types and what is no tensor count too.</param>
    public static TreeSignature Of<T>(T tree, bool isExact)
    {
        var signature = new TreeSignature(isExact);
        TreeType<T>.Visit(tree, new Writer(signature));
        return signature;
    }

    /// <summary>Whether a tree has this signature. Allocates next to nothing.</summary>
    public bool Fits<T>(T tree)
    {
        var reader = new Reader(this);
        TreeType<T>.Visit(tree, reader);
        return reader.Fits;
    }

    private sealed record Described(ElementType Type, Shape Shape);

    private sealed class Writer(TreeSignature signature) : TreeVisitor
    {
        public override void Leaf(Tensor tensor)
            => signature._parts.Add(signature._isExact ? new Described(tensor.Type, tensor.Shape) : typeof(Tensor));

        public override void Constant<T>(T value)
        {
            if (signature._isExact)
                signature._parts.Add(value);
        }

        public override void Array(int length) => signature._parts.Add(length);

        public override void Object(Type? type) => signature._parts.Add(type);
    }

    private sealed class Reader(TreeSignature signature) : TreeVisitor
    {
        private int _next;
        private bool _differs;

        public bool Fits => !_differs && _next == signature._parts.Count;

        public override void Leaf(Tensor tensor)
            => Require(Next() is var part && (signature._isExact
                ? part is Described known && known.Type == tensor.Type && known.Shape == tensor.Shape
                : ReferenceEquals(part, typeof(Tensor))));

        public override void Constant<T>(T value)
        {
            if (signature._isExact)
                Require(Next() is T known ? EqualityComparer<T>.Default.Equals(known, value) : value is null);
        }

        public override void Array(int length) => Require(Next() is int known && known == length);

        public override void Object(Type? type) => Require(ReferenceEquals(Next(), type));

        private object? Next() => _next < signature._parts.Count ? signature._parts[_next++] : this;

        private void Require(bool same) => _differs |= !same;
    }
}
