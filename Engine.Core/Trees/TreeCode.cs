using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Engine.Core.Trees;

/// <summary>Writes the code that takes values of a type apart and puts them together.</summary>
internal static class TreeCode
{
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>Whether something of a type may have tensors in it, as far as the type tells.</summary>
    public static bool MayHold(Type type) => MayHold(type, []);

    /// <summary>Whether a type is a tuple or a record.</summary>
    public static bool IsProduct(Type type)
        => IsTuple(type) || Clone(type) is not null || (type.IsValueType && type.GetMethod("PrintMembers", Instance) is not null);

    /// <summary>Code that shows the parts of a value, which is not null and of this very type.</summary>
    public static Expression Visit(ParameterExpression tree, ParameterExpression visitor)
    {
        var type = tree.Type;
        if (type == typeof(Tensor))
            return Expression.Call(visitor, nameof(TreeVisitor.Leaf), null, tree);
        if (type == typeof(object) || !MayHold(type))
            return Expression.Call(visitor, nameof(TreeVisitor.Constant), [type], tree);
        if (type.IsSZArray)
            return Expression.Call(typeof(TreeCode), nameof(VisitArray), [type.GetElementType()!], tree, visitor);
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Expression.Call(typeof(TreeCode), nameof(VisitNullable), [value], tree, visitor);
        if (!IsProduct(type))
            return Refusal(type, typeof(void));
        return Expression.Block(
            [
                Expression.Empty(),
                .. Parts(type).SelectMany<MemberInfo, Expression>(part =>
                [
                    Expression.Call(visitor, nameof(TreeVisitor.Enter), null, Expression.Constant(part.Name)),
                    Expression.Call(OfPart(part), "Visit", null, Expression.MakeMemberAccess(tree, part), visitor),
                    Expression.Call(visitor, nameof(TreeVisitor.Leave), null),
                ]),
            ]);
    }

    /// <summary>Code that makes the like of a value, which is not null and of this very type, with other tensors.</summary>
    public static Expression Map(ParameterExpression tree, ParameterExpression function)
    {
        var type = tree.Type;
        if (type == typeof(Tensor))
            return Expression.Invoke(function, tree);
        if (type == typeof(object) || !MayHold(type))
            return tree;
        if (type.IsSZArray)
            return Expression.Call(typeof(TreeCode), nameof(MapArray), [type.GetElementType()!], tree, function);
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Expression.Call(typeof(TreeCode), nameof(MapNullable), [value], tree, function);
        if (!IsProduct(type))
            return Refusal(type, type);
        var copy = Expression.Variable(type, "copy");
        return Expression.Block(
            [copy],
            [
                Expression.Assign(copy, Clone(type) is { } clone ? Expression.Convert(Expression.Call(tree, clone), type) : tree),
                .. Parts(type).Where(part => MayHold(TypeOf(part))).Select(part => Expression.Assign(
                    Expression.MakeMemberAccess(copy, part),
                    Expression.Call(OfPart(part), "Map", null, Expression.MakeMemberAccess(tree, part), function))),
                copy,
            ]);
    }

    /// <summary>An error that says what could be one.</summary>
    public static ArgumentException NoTree(Type type)
        => new($"Tree: {NameOf(type)} is no tree: put tensors into an array, a tuple or a record.");

    /// <summary>The name of a type as C# writes it.</summary>
    public static string NameOf(Type type)
        => type.IsArray ? $"{NameOf(type.GetElementType()!)}[]"
            : !type.IsGenericType ? type.Name
            : IsTuple(type) ? $"({string.Join(", ", type.GetGenericArguments().Select(NameOf))})"
            : $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>";

    private static void VisitArray<T>(T[] trees, TreeVisitor visitor)
    {
        visitor.Array(trees.Length);
        for (int i = 0; i < trees.Length; i++)
        {
            visitor.Enter(i);
            TreeType<T>.Visit(trees[i], visitor);
            visitor.Leave();
        }
    }

    private static T[] MapArray<T>(T[] trees, Func<Tensor, Tensor> function)
    {
        var mapped = new T[trees.Length];
        for (int i = 0; i < trees.Length; i++)
            mapped[i] = TreeType<T>.Map(trees[i], function);
        return mapped;
    }

    private static void VisitNullable<T>(T? tree, TreeVisitor visitor)
        where T : struct
        => TreeType<T>.Visit(tree!.Value, visitor);

    private static T? MapNullable<T>(T? tree, Func<Tensor, Tensor> function)
        where T : struct
        => TreeType<T>.Map(tree!.Value, function);

    // An object or interface may turn out to be anything, a record that is not sealed a derived one. Collections count where their
    // elements do, so that those that are no arrays are refused, and not taken for something without tensors.
    private static bool MayHold(Type type, HashSet<Type> open)
    {
        if (type == typeof(Tensor) || type == typeof(object))
            return true;
        if (type.IsPrimitive || type == typeof(string) || type.IsPointer || type.IsByRefLike || !open.Add(type))
            return false;
        if (IsProduct(type))
            return !type.IsSealed || Parts(type).Any(part => MayHold(TypeOf(part), open));
        if (Element(type) is { } element)
            return element != typeof(object) && MayHold(element, open);
        return Nullable.GetUnderlyingType(type) is { } value ? MayHold(value, open) : type.IsInterface;
    }

    // What a collection, or a dictionary, is of.
    private static Type? Element(Type type)
    {
        var element = type.GetInterfaces().Append(type).FirstOrDefault(each => Is(each, typeof(IEnumerable<>)))?.GetGenericArguments()[0];
        return element is not null && Is(element, typeof(KeyValuePair<,>)) ? element.GetGenericArguments()[1] : element;

        static bool Is(Type type, Type definition) => type.IsGenericType && type.GetGenericTypeDefinition() == definition;
    }

    private static UnaryExpression Refusal(Type type, Type result)
        => Expression.Throw(Expression.Call(typeof(TreeCode), nameof(NoTree), null, Expression.Constant(type)), result);

    private static Type OfPart(MemberInfo part) => typeof(TreeType<>).MakeGenericType(TypeOf(part));

    private static Type TypeOf(MemberInfo part) => part is FieldInfo field ? field.FieldType : ((PropertyInfo)part).PropertyType;

    // The public fields of a tuple or record, and properties that can be set.
    private static IEnumerable<MemberInfo> Parts(Type type)
        => type.GetMembers(Instance)
            .Where(member => member is FieldInfo { IsInitOnly: false, IsPublic: true }
                || (member is PropertyInfo { CanRead: true, CanWrite: true } property && property.GetIndexParameters().Length == 0))
            .OrderBy(member => Depth(member.DeclaringType!)).ThenBy(member => member.MetadataToken);

    private static int Depth(Type type) => type.BaseType is { } parent ? Depth(parent) + 1 : 0;

    // The compiler's own members are the only sign of a record.
    private static MethodInfo? Clone(Type type) => type.GetMethod("<Clone>$");

    private static bool IsTuple(Type type) => type.IsValueType && type.IsAssignableTo(typeof(ITuple));
}
