using Engine.Core.Operations;
using Engine.Kernels;

namespace Engine.Core.Autodiff;

/// <summary>
/// Derivatives of tensors. Results are ordinary tensors that remember how they were made, so every function here can be applied to
/// results of every other one: gradients of any order need no second mechanism.
/// </summary>
public static class Gradient
{
    /// <summary>The gradient of a number with respect to a tree of tensors it was computed from.</summary>
    /// <param name="y">A tensor with one element.</param>
    /// <param name="xs">Leaves of the graph or intermediate results: a tensor, an array, a record of them, see <see cref="Tree"/>.</param>
    /// <returns>The like of <paramref name="xs"/>; zeros where <paramref name="y"/> does not depend on a tensor.</returns>
    /// <exception cref="ArgumentException"><paramref name="y"/> has more than one element, or is not of floating-point numbers.</exception>
    public static T Of<T>(Tensor y, T xs)
        => y.Count == 1
            ? Vjp(y, xs, Tensor.Ones(y.Shape, y.Type, y.Device))
            : throw new ArgumentException(
                $"Gradient: {y.Shape} is not a single number: take its Sum, or use Vjp with a cotangent.", nameof(y));

    /// <summary>The value of a function and its gradient.</summary>
    /// <param name="function">Computes a tensor with one element.</param>
    /// <param name="xs">Where.</param>
    public static (Tensor Value, T Gradient) ValueAndGradient<T>(Func<T, Tensor> function, T xs)
    {
        var value = function(xs);
        return (value, Of(value, xs));
    }

    /// <summary>Vector-Jacobian products: the cotangents of <paramref name="xs"/> from those of <paramref name="ys"/>.</summary>
    /// <param name="ys">Results.</param>
    /// <param name="xs">What they were computed from.</param>
    /// <param name="cotangents">A tree like the results, with a tensor of the shape of each.</param>
    /// <exception cref="ArgumentException">
    /// A cotangent has another shape than its result, or a tensor is not of floating-point numbers.
    /// </exception>
    public static TX Vjp<TY, TX>(TY ys, TX xs, TY cotangents)
        => Tree.With(xs, Vjp(Tree.Leaves(ys), Tree.Leaves(xs), Vectors(ys, cotangents, "cotangent")));

    /// <summary>Jacobian-vector products: the tangents of <paramref name="ys"/> from those of <paramref name="xs"/>.</summary>
    /// <remarks>
    /// A vector-Jacobian product is linear in its cotangent; the derivative of that linear map, transposed, is the product wanted. So
    /// the gradient rules serve forward mode too.
    /// </remarks>
    /// <param name="ys">Results.</param>
    /// <param name="xs">What they were computed from.</param>
    /// <param name="tangents">A tree like <paramref name="xs"/>, with a tensor of the shape of each.</param>
    /// <exception cref="ArgumentException">A tangent has another shape than its tensor.</exception>
    public static TY Jvp<TY, TX>(TY ys, TX xs, TX tangents)
    {
        var vectors = Vectors(xs, tangents, "tangent");
        Tensor[] results = Tree.Leaves(ys), at = Tree.Leaves(xs);
        Tensor[] cotangents = [.. results.Select(y => Tensor.Zeros(y.Shape, y.Type, y.Device))];
        return Tree.With(ys, Vjp(Vjp(results, at, cotangents), cotangents, vectors));
    }

    /// <summary>The product of the Hessian of a function with a vector.</summary>
    /// <param name="function">Computes a tensor with one element.</param>
    /// <param name="xs">Where.</param>
    /// <param name="vector">A tree like <paramref name="xs"/>, with a tensor of the shape of each.</param>
    public static T HessianVector<T>(Func<T, Tensor> function, T xs, T vector)
    {
        Vectors(xs, vector, "vector");
        return Vjp(Of(function(xs), xs), xs, vector);
    }

    /// <summary>
    /// Applies a function of whose work nothing is kept but the results: where a derivative goes back through them, the function is run
    /// again, on the same inputs, and differentiated then. It takes less memory, and more time; derivatives are the same, to any order.
    /// </summary>
    /// <remarks>
    /// As <c>jax.checkpoint</c> and <c>torch.utils.checkpoint</c>. In a program memory is planned so, and in a loop of such functions what
    /// grows with its length are their inputs alone. Derivatives go through tensors that the function captures, too. It must do the same
    /// each time it runs: what it draws, it draws from keys.
    /// </remarks>
    /// <typeparam name="TIn">A tree, see <see cref="Tree"/>.</typeparam>
    /// <typeparam name="TOut">A tree.</typeparam>
    /// <param name="function">The function.</param>
    /// <param name="xs">What it is applied to.</param>
    /// <returns>Its results.</returns>
    /// <exception cref="InvalidOperationException">
    /// Within the function a derivative is taken in a tensor from outside on which others depend that the function uses; or, run again, the
    /// function uses other tensors from outside.
    /// </exception>
    /// <example><code>
    /// foreach (var block in blocks)
    ///     x = Gradient.Checkpoint(block.Apply, x);
    /// </code></example>
    public static TOut Checkpoint<TIn, TOut>(Func<TIn, TOut> function, TIn xs)
    {
        TOut like = default!;
        var made = Checkpointed.Run(
            x =>
            {
                var ys = function(Tree.With(xs, x));
                like = Tree.Map(ys, y => y.WithoutMemory());
                return Tree.Leaves(ys);
            },
            Tree.Leaves(xs));
        return Tree.With(like, made);
    }

    private static Tensor[] Vjp(Tensor[] ys, Tensor[] xs, Tensor[] cotangents)
        => [.. Backward(ys, xs, cotangents).Select((x, i) => x ?? Tensor.Zeros(xs[i].Shape, xs[i].Type, xs[i].Device))];

    /// <summary>Vector-Jacobian products of lists of tensors; null where results don't depend on a tensor.</summary>
    internal static Tensor?[] Backward(Tensor[] ys, Tensor[] xs, Tensor[] cotangents)
    {
        CheckpointScope.RequireNoWayOutside(xs);
        (ys, xs, cotangents) = (CheckpointScope.Inside(ys), CheckpointScope.Inside(xs), CheckpointScope.Inside(cotangents));
        foreach (var x in xs)
        {
            if (!x.Type.IsFloat())
                throw new ArgumentException($"Gradient: {x.Type} {x.Shape} has no derivative: convert it with Cast.", nameof(xs));
        }

        var gathered = new Cotangents();
        for (int i = 0; i < ys.Length; i++)
            gathered.Add(ys[i], cotangents[i]);

        // Inputs are older than results, so going back in order of age every cotangent is complete when its turn comes.
        var (between, depends) = Between(ys, xs);
        foreach (var y in between)
        {
            // Results of one operation have their turn together, after what was made of any of them.
            if (!ReferenceEquals(y, y.First))
                continue;
            Tensor[] results = y.Siblings ?? [y];
            var g = Array.ConvertAll(results, gathered.Of);
            if (Array.TrueForAll(g, each => each is null))
                continue;
            Tensor[] inputs = Inputs(y, xs);
            var cotangentsOfInputs = inputs == y.Inputs ? Rule(y, results, g, depends) : ((Rejoined)y.Operation!).Parts(g[0]!);
            for (int i = 0; i < inputs.Length; i++)
            {
                if (cotangentsOfInputs[i] is { } cotangent)
                    gathered.Add(inputs[i], cotangent);
            }
        }

        return Array.ConvertAll(xs, gathered.Of);
    }

    // What a tensor was made of. A vector that was split and rejoined is its own past, unless derivatives are taken in its parts.
    private static Tensor[] Inputs(Tensor tensor, Tensor[] xs)
        => tensor.Operation is Rejoined rejoined && Array.Exists(xs, rejoined.IsOf) ? rejoined.Leaves : tensor.Inputs;

    // What the rule of an operation gives, which may be a user's.
    private static Tensor?[] Rule(Tensor y, Tensor[] results, Tensor?[] g, HashSet<Tensor> depends)
    {
        var (operation, inputs) = (y.Operation!, y.Inputs);
        string rule = $"Gradient: the rule of {operation.Name}";
        var cotangents = operation.VjpAll(g, results, inputs, Array.ConvertAll(inputs, depends.Contains))
            ?? throw new InvalidOperationException(
                $"{rule} gave null in place of {inputs.Length} cotangents, one for each input: [null] says that a derivative is zero.");
        if (cotangents.Length != inputs.Length)
            throw new InvalidOperationException($"{rule} gave {cotangents.Length} cotangents for {inputs.Length} inputs.");
        for (int i = 0; i < cotangents.Length; i++)
        {
            var x = inputs[i];
            if (cotangents[i] is not { } cotangent)
                continue;
            var common = Shape.Broadcast(cotangent.Shape, x.Shape);
            if (cotangent.Type != x.Type || common is null || (common != x.Shape && common != cotangent.Shape))
            {
                throw new InvalidOperationException(
                    $"{rule} gave a cotangent {cotangent.Type} {cotangent.Shape} for input {i}, {x.Type} {x.Shape}: it must have that "
                    + "element type, and that shape, one to which it was broadcast, or one that broadcasts to it.");
            }

            if (cotangent.Device != x.Device)
            {
                throw new InvalidOperationException(
                    $"{rule} gave a cotangent on device {cotangent.Device.Name} for input {i}, which is on {x.Device.Name}.");
            }
        }

        return cotangents;
    }

    /// <summary>
    /// What lies between xs and ys: tensors that ys depend on and that depend on xs, the youngest first; and these and xs as a set.
    /// </summary>
    internal static (List<Tensor> Between, HashSet<Tensor> Depends) Between(Tensor[] ys, Tensor[] xs)
    {
        long oldest = xs.Length == 0 ? long.MaxValue : xs.Min(x => x.Id);
        var seen = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
        var open = new Stack<Tensor>(ys);
        while (open.TryPop(out var tensor))
        {
            if (tensor.Id < oldest || !seen.Add(tensor))
                continue;
            open.Push(tensor.First);
            foreach (var input in Inputs(tensor, xs))
                open.Push(input);
        }

        var ordered = seen.OrderBy(tensor => tensor.Id).ToArray();
        var depends = new HashSet<Tensor>(xs, ReferenceEqualityComparer.Instance);
        var wanted = new List<Tensor>();
        foreach (var tensor in ordered)
        {
            if (Array.Exists(Inputs(tensor, xs), depends.Contains))
            {
                depends.Add(tensor);
                wanted.Add(tensor);
            }
        }

        wanted.Reverse();
        return (wanted, depends);
    }

    // The vectors for the tensors of a tree, which are like them.
    private static Tensor[] Vectors<T>(T tree, T vectors, string what)
    {
        Tree.RequireSameStructure(tree, vectors);
        Tensor[] tensors = Tree.Leaves(tree), leaves = Tree.Leaves(vectors);
        for (int i = 0; i < tensors.Length; i++)
        {
            if (!tensors[i].Type.IsFloat())
                throw new ArgumentException($"Gradient: {tensors[i].Type} {tensors[i].Shape} has no derivative: convert it with Cast.");
            if (leaves[i].Shape != tensors[i].Shape || leaves[i].Type != tensors[i].Type)
            {
                string name = Tree.Names(tree)[i];
                throw new ArgumentException(
                    $"Gradient: {what}{(name.Length == 0 ? "" : " ")}{name} is {leaves[i].Type} {leaves[i].Shape}, but its tensor is "
                    + $"{tensors[i].Type} {tensors[i].Shape}.");
            }

            if (leaves[i].Device != tensors[i].Device)
            {
                throw new ArgumentException(
                    $"Gradient: {what} {leaves[i].Shape} is on device {leaves[i].Device.Name}, but its tensor is on "
                    + $"{tensors[i].Device.Name}: copy it with To.");
            }
        }

        return leaves;
    }
}
