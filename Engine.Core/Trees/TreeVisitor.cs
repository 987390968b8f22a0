namespace Engine.Core.Trees;

/// <summary>Sees the parts of a tree in order.</summary>
internal abstract class TreeVisitor
{
    /// <summary>A tensor.</summary>
    public abstract void Leaf(Tensor tensor);

    /// <summary>Something that is no tree.</summary>
    public virtual void Constant<T>(T value)
    {
    }

    /// <summary>An array begins.</summary>
    public virtual void Array(int length)
    {
    }

    /// <summary>An object begins whose type is known only now; null for no object.</summary>
    public virtual void Object(Type? type)
    {
    }

    /// <summary>The parts that follow are those of a property.</summary>
    public virtual void Enter(string property)
    {
    }

    /// <summary>The parts that follow are those of an element of an array.</summary>
    public virtual void Enter(int element)
    {
    }

    /// <summary>The parts of a property or element are over.</summary>
    public virtual void Leave()
    {
    }
}

/// <summary>Collects tensors.</summary>
internal sealed class LeafVisitor(List<Tensor> leaves) : TreeVisitor
{
    public override void Leaf(Tensor tensor) => leaves.Add(tensor);
}

/// <summary>Collects names of tensors.</summary>
internal sealed class NameVisitor : TreeVisitor
{
    private readonly Stack<string> _path = new();

    public List<string> Names { get; } = [];

    private string Here => _path.TryPeek(out string? path) ? path : "";

    public override void Leaf(Tensor tensor) => Names.Add(Here);

    public override void Enter(string property) => _path.Push(Here.Length == 0 ? property : $"{Here}.{property}");

    public override void Enter(int element) => _path.Push($"{Here}[{element}]");

    public override void Leave() => _path.Pop();
}
