using Engine.Kernels;

namespace Engine.Core.Autodiff;

/// <summary>
/// Derivatives of tensors. Results are ordinary tensors that remember how they were made, so every function here can be applied to
/// results of every other one: gradients of any order need no second mechanism.
/// </summary>
public static class Gradient
{
    /// <summary>The gradient of a number with respect to tensors it was computed from.</summary>
    /// <param name="y">A tensor with one element.</param>
    /// <param name="xs">Leaves or intermediate results.</param>
    /// <returns>
    /// One tensor for each of <paramref name="xs"/>, of its shape; zeros where <paramref name="y"/> does not depend on it.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="y"/> has more than one element, or is not of floating-point numbers.</exception>
    public static Tensor[] Of(Tensor y, params Tensor[] xs)
        => y.Count == 1
            ? Vjp([y], xs, [Tensor.Ones(y.Shape, y.Type, y.Device)])
            : throw new ArgumentException(
                $"Gradient: {y.Shape} is not a single number: take its Sum, or use Vjp with a cotangent.", nameof(y));

    /// <summary>The value of a function and its gradient.</summary>
    /// <param name="function">Computes a tensor with one element.</param>
    /// <param name="xs">Where.</param>
    public static (Tensor Value, Tensor[] Gradient) ValueAndGradient(Func<Tensor[], Tensor> function, params Tensor[] xs)
    {
        var value = function(xs);
        return (value, Of(value, xs));
    }

    /// <summary>Vector-Jacobian products: the cotangents of <paramref name="xs"/> from those of <paramref name="ys"/>.</summary>
    /// <param name="ys">Results.</param>
    /// <param name="xs">What they were computed from.</param>
    /// <param name="cotangents">One tensor for each result, of its shape.</param>
    /// <exception cref="ArgumentException">
    /// A cotangent has another shape than its result, or a tensor is not of floating-point numbers.
    /// </exception>
    public static Tensor[] Vjp(Tensor[] ys, Tensor[] xs, Tensor[] cotangents)
    {
        Require(ys, cotangents, "cotangent");
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
            if (y != y.First)
                continue;
            Tensor[] results = y.Siblings ?? [y];
            var g = Array.ConvertAll(results, gathered.Of);
            if (Array.TrueForAll(g, each => each is null))
                continue;
            var cotangentsOfInputs = Rule(y, results, g, depends);
            for (int i = 0; i < y.Inputs.Length; i++)
            {
                if (cotangentsOfInputs[i] is { } cotangent)
                    gathered.Add(y.Inputs[i], cotangent);
            }
        }

        return [.. xs.Select(x => gathered.Of(x) ?? Tensor.Zeros(x.Shape, x.Type, x.Device))];
    }

    /// <summary>Jacobian-vector products: the tangents of <paramref name="ys"/> from those of <paramref name="xs"/>.</summary>
    /// <remarks>
    /// A vector-Jacobian product is linear in its cotangent; the derivative of that linear map, transposed, is the product wanted. So
    /// the gradient rules serve forward mode too.
    /// </remarks>
    /// <param name="ys">Results.</param>
    /// <param name="xs">What they were computed from.</param>
    /// <param name="tangents">One tensor for each of <paramref name="xs"/>, of its shape.</param>
    /// <exception cref="ArgumentException">A tangent has another shape than its tensor.</exception>
    public static Tensor[] Jvp(Tensor[] ys, Tensor[] xs, Tensor[] tangents)
    {
        Require(xs, tangents, "tangent");
        var cotangents = ys.Select(y => Tensor.Zeros(y.Shape, y.Type, y.Device)).ToArray();
        return Vjp(Vjp(ys, xs, cotangents), cotangents, tangents);
    }

    /// <summary>The product of the Hessian of a function with a vector.</summary>
    /// <param name="function">Computes a tensor with one element.</param>
    /// <param name="xs">Where.</param>
    /// <param name="vector">One tensor for each of <paramref name="xs"/>, of its shape.</param>
    public static Tensor[] HessianVector(Func<Tensor[], Tensor> function, Tensor[] xs, Tensor[] vector)
    {
        Require(xs, vector, "vector");
        return Vjp(Of(function(xs), xs), xs, vector);
    }

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

    // What lies between xs and ys: tensors that ys depend on and that depend on xs, the youngest first; and these and xs as a set.
    private static (List<Tensor> Between, HashSet<Tensor> Depends) Between(Tensor[] ys, Tensor[] xs)
    {
        long oldest = xs.Length == 0 ? long.MaxValue : xs.Min(x => x.Id);
        var seen = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
        var open = new Stack<Tensor>(ys);
        while (open.TryPop(out var tensor))
        {
            if (tensor.Id < oldest || !seen.Add(tensor))
                continue;
            open.Push(tensor.First);
            foreach (var input in tensor.Inputs)
                open.Push(input);
        }

        var ordered = seen.OrderBy(tensor => tensor.Id).ToArray();
        var depends = new HashSet<Tensor>(xs, ReferenceEqualityComparer.Instance);
        var wanted = new List<Tensor>();
        foreach (var tensor in ordered)
        {
            if (Array.Exists(tensor.Inputs, depends.Contains))
            {
                depends.Add(tensor);
                wanted.Add(tensor);
            }
        }

        wanted.Reverse();
        return (wanted, depends);
    }

    private static void Require(Tensor[] tensors, Tensor[] vectors, string what)
    {
        if (tensors.Length != vectors.Length)
            throw new ArgumentException($"Gradient: {vectors.Length} {what}s were given for {tensors.Length} tensors.");
        for (int i = 0; i < tensors.Length; i++)
        {
            if (!tensors[i].Type.IsFloat())
                throw new ArgumentException($"Gradient: {tensors[i].Type} {tensors[i].Shape} has no derivative: convert it with Cast.");
            if (vectors[i].Shape != tensors[i].Shape || vectors[i].Type != tensors[i].Type)
            {
                throw new ArgumentException(
                    $"Gradient: {what} {i} is {vectors[i].Type} {vectors[i].Shape}, but its tensor is "
                    + $"{tensors[i].Type} {tensors[i].Shape}.");
            }
        }
    }
}
