using System.Collections.Concurrent;
using System.Linq.Expressions;

namespace Engine.Core.Trees;

/// <summary>How values of a type that is known only at run time are taken apart and put together.</summary>
internal abstract class TreeType
{
    private static readonly ConcurrentDictionary<Type, TreeType> s_types = new();

    public static TreeType Of(Type type)
        => s_types.GetOrAdd(type, each => (TreeType)Activator.CreateInstance(typeof(TreeType<>).MakeGenericType(each), nonPublic: true)!);

    public abstract void VisitObject(object tree, TreeVisitor visitor);

    public abstract object MapObject(object tree, Func<Tensor, Tensor> function);
}

/// <summary>How values of a type are taken apart and put together, by code that is compiled once.</summary>
internal sealed class TreeType<T> : TreeType
{
    private static readonly bool s_isTree = TreeCode.IsProduct(typeof(T)) || TreeCode.MayHold(typeof(T));
    private static readonly TreeType<T> s_this = (TreeType<T>)Of(typeof(T));

    private readonly Action<T, TreeVisitor> _visit;
    private readonly Func<T, Func<Tensor, Tensor>, T> _map;

    private TreeType()
    {
        var tree = Expression.Parameter(typeof(T), "tree");
        var visitor = Expression.Parameter(typeof(TreeVisitor), "visitor");
        var function = Expression.Parameter(typeof(Func<Tensor, Tensor>), "function");
        _visit = Expression.Lambda<Action<T, TreeVisitor>>(TreeCode.Visit(tree, visitor), tree, visitor).Compile();
        _map = Expression.Lambda<Func<T, Func<Tensor, Tensor>, T>>(TreeCode.Map(tree, function), tree, function).Compile();
    }

    /// <summary>Shows the parts of a value, which may be of a derived type, or null.</summary>
    public static void Visit(T tree, TreeVisitor visitor)
    {
        if (tree is null)
        {
            visitor.Object(null);
        }
        else if (IsDerived(tree))
        {
            visitor.Object(tree.GetType());
            Of(tree.GetType()).VisitObject(tree, visitor);
        }
        else
        {
            s_this._visit(tree, visitor);
        }
    }

    /// <summary>The like of a value, which may be of a derived type, or null, with other tensors.</summary>
    public static T Map(T tree, Func<Tensor, Tensor> function)
        => tree is null ? tree
            : IsDerived(tree) ? (T)Of(tree.GetType()).MapObject(tree, function)
            : s_this._map(tree, function);

    /// <summary>Shows the parts of a whole tree.</summary>
    /// <exception cref="ArgumentException">Nothing of this type is a tree.</exception>
    public static void VisitRoot(T tree, TreeVisitor visitor)
    {
        RequireTree();
        Visit(tree, visitor);
    }

    /// <summary>The like of a whole tree with other tensors.</summary>
    /// <exception cref="ArgumentException">Nothing of this type is a tree.</exception>
    public static T MapRoot(T tree, Func<Tensor, Tensor> function)
    {
        RequireTree();
        return Map(tree, function);
    }

    public override void VisitObject(object tree, TreeVisitor visitor) => _visit((T)tree, visitor);

    public override object MapObject(object tree, Func<Tensor, Tensor> function) => _map((T)tree, function)!;

    private static bool IsDerived(T tree) => !typeof(T).IsValueType && tree!.GetType() != typeof(T);

    private static void RequireTree()
    {
        if (!s_isTree)
            throw TreeCode.NoTree(typeof(T));
    }
}
