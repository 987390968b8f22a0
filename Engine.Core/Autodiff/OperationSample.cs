using Engine.Core.Operations;
using Engine.Core.Optim;
using Engine.Kernels;

namespace Engine.Core.Autodiff;

/// <summary>
/// A small function that uses one operation, and inputs for it: what <see cref="GradientCheck"/> is run on. There is one or more for
/// each operation of the library.
/// </summary>
/// <param name="Operation">The operation.</param>
/// <param name="Case">What the sample tries, in a word or two.</param>
/// <param name="Function">Uses the operation; smooth near the inputs.</param>
/// <param name="Shapes">Shapes of the Float64 inputs.</param>
/// <param name="Low">Inputs are drawn from here</param>
/// <param name="High">to here.</param>
/// <param name="Order">To which order derivatives are checked.</param>
/// <param name="Tolerance">The largest relative difference from finite differences.</param>
/// <param name="Indices">Values of a last input, a vector of Int32; null if there is none.</param>
public sealed record OperationSample(
    Type Operation,
    string Case,
    Func<Tensor[], Tensor> Function,
    Shape[] Shapes,
    double Low = -1.5,
    double High = 1.5,
    int Order = 2,
    double Tolerance = 1e-6,
    int[]? Indices = null)
{
    private static readonly Shape s_matrix = [2, 3];

    /// <summary>Samples of all operations.</summary>
    public static IReadOnlyList<OperationSample> All { get; } =
    [
        Of<Negate>(x => -x),
        Of<Affine>(x => (x * 3) - 0.5),
        Of<DivideBy>(x => (x / 3).Exp()),
        Of<Exp>(x => x.Exp(), order: 3),
        Of<Expm1>(x => x.Expm1()),
        Of<Log>(x => x.Log(), 0.5, 2, order: 3),
        Of<Log1p>(x => x.Log1p(), -0.5, 2),
        Of<Sqrt>(x => x.Sqrt(), 0.5, 2),
        Of<Square>(x => x.Square()),
        Of<Reciprocal>(x => x.Reciprocal(), 0.5, 2),
        Of<Tanh>(x => x.Tanh(), order: 3),
        Of<Sigmoid>(x => x.Sigmoid(), order: 3),
        Of<Softplus>(x => x.Softplus()),
        Of<Sin>(x => x.Sin()),
        Of<Cos>(x => x.Cos()),
        Of<Abs>(x => x.Abs() * x.Exp()),
        Of<Floor>(x => (x * 3).Floor() * x.Exp()),
        Of<Sign>(x => x.Sign() * x.Exp()),
        Of<Relu>(x => x.Relu().Square()),
        Of<Heaviside>(x => x.Heaviside() * x.Exp()),
        Two<Add>("broadcast", (a, b) => (a + b).Exp(), s_matrix, [3]),
        Two<Subtract>("broadcast", (a, b) => (a - b).Exp(), s_matrix, [2, 1]),
        Two<Multiply>("broadcast", (a, b) => a * b, [2, 1, 3], [4, 1], order: 3),
        Two<Divide>("broadcast", (a, b) => a / b, s_matrix, [1, 3], 0.5, 2),
        Two<FloorDivide>("broadcast", (a, b) => Tensor.FloorDivide(a * 5, b) * a.Exp(), s_matrix, [3], 0.3, 2),
        Two<Remainder>("broadcast", (a, b) => (a * 5 % b).Exp(), s_matrix, [3], 0.3, 2),
        Two<Maximum>("broadcast", (a, b) => Tensor.Maximum(a, b).Square(), s_matrix, [3]),
        Two<Minimum>("broadcast", (a, b) => Tensor.Minimum(a, b).Square(), s_matrix, [3]),
        Two<Power>("positive base", (a, b) => a.Pow(b), s_matrix, [3], 0.5, 2, 3),
        One<Power>("constant exponents", x => x.Pow(Tensor.From([0, 1, 2], [3], x.Type, x.Device)), s_matrix, 0.2, 0.9, 3),
        Two<Power>("exponents of zero", (a, b) => (a + 1).Pow(b - 0.05), s_matrix, s_matrix, 0, 0, 3),
        One<Power>("base of zero", x => (x - 0.05).Pow(Tensor.From([2, 3, 4], [3], x.Type, x.Device)), s_matrix, 0, 0, 3),
        One<Power>("negative base", x => x.Pow(Tensor.From([2, 3, -1], [3], x.Type, x.Device)), s_matrix, -2, -0.5, 3),
        Two<PowerDerivative>("second", (a, b) => new PowerDerivative(2).Apply(a, b), s_matrix, [3], 0.5, 2),
        One<PowerDerivative>(
            "of zero", x => new PowerDerivative(1).Apply(x - 0.05, Tensor.From([2, 3, 4], [3], x.Type, x.Device)), s_matrix, 0, 0),
        Two<Greater>("same shape", (a, b) => (a > b) * a.Exp(), s_matrix, s_matrix),
        Two<GreaterEqual>("same shape", (a, b) => (a >= b) * a.Exp(), s_matrix, s_matrix),
        Two<Equal>("same shape", (a, b) => Tensor.Equal(a, b) + (a * b), s_matrix, s_matrix),
        Two<Gate>("same shape", (a, b) => new Gate().Apply(a.Square(), b), s_matrix, s_matrix),
        Two<LinearCombination>("broadcast", (a, b) => new LinearCombination(0.9, -2).Apply(a, b).Exp(), s_matrix, [3]),
        Two<SquareCombination>("broadcast", (a, b) => new SquareCombination(0.9, 0.1).Apply(a, b), s_matrix, [3], order: 3),
        Two<ScaledProduct>("broadcast", (a, b) => new ScaledProduct(-3).Apply(a, b), s_matrix, [3], order: 3),
        Two<AdamScale>("scalar correction", (v, c) => new AdamScale(1e-2, 1e-2).Apply(v, c), s_matrix, [], 0.3, 1.5, 3),
        Two<AdamScaleSlope>("scalar correction", (v, c) => new AdamScaleSlope(1e-2, 1e-2).Apply(v, c), s_matrix, [], 0.3, 1.5),
        new(typeof(AdamUpdate), "shared moments", AdamResults, [s_matrix, s_matrix, [3], [3], []], 0.3, 1.5, 3),
        new(typeof(MultiplyAdd), "broadcast", x => Tensor.MultiplyAdd(x[0], x[1], x[2]).Exp(), [s_matrix, [3], []]),
        new(typeof(Where), "broadcast", x => Tensor.Where(x[0].Heaviside(), x[1].Exp(), x[2].Square()), [s_matrix, [3], [2, 1]]),
        One<Sum>("inner axis", x => x.Sum(-1).Square(), [2, 3, 4]),
        One<Sum>("outer axes", x => x.Sum(0, 2).Square(), [2, 3, 4]),
        One<Sum>("all", x => x.Sum().Exp(), s_matrix),
        One<Prod>("outer axes", x => x.Prod(0, 2).Square(), [2, 3, 2]),
        One<Prod>("of one zero", x => (x - 0.05).Prod(1).Sin(), [1, 3], 0, 0.2),
        One<Min>("middle axis", x => x.Min(1).Square(), [2, 3, 4]),
        One<Max>("middle axis", x => x.Max(1).Square(), [2, 3, 4]),
        One<Reshape>("[2, 3] to [3, 2]", x => x.Reshape(3, 2).Square(), s_matrix),
        One<Rejoined>("of a vector in two parts", x => Tree.ToVector(Tree.FromVector(new[] { x[..2], x[2..] }, x.Sin())).Square(), [5]),
        One<StopGradient>("of a constant", x => x.Exp() * x.Heaviside().StopGradient(), s_matrix),
        One<Permute>("three axes", x => x.Permute(2, 0, 1).Square(), [2, 3, 4]),
        One<Slice>("in steps", x => x[.., Along.Every(2), 1..3].Square(), [2, 3, 4]),
        One<Pad>("uneven", x => (x.Pad([1, 0], [0, 2]) + 1).Square(), s_matrix),
        Two<Concatenate>("middle axis", (a, b) => Tensor.Concatenate(1, a, b).Square(), [2, 1, 3], [2, 2, 3]),
        One<Split>("middle axis, one part unused", SplitParts, [2, 6, 3]),
        One<BroadcastTo>("new and repeated axes", x => x.BroadcastTo([4, 2, 3]).Square(), [2, 1]),
        Two<MatMul>("plain", (a, b) => a.MatMul(b), [2, 3], [3, 4], order: 3),
        Two<MatMul>("left transposed", (a, b) => a.MatMul(b, transposeA: true), [3, 2], [3, 4]),
        Two<MatMul>("right transposed", (a, b) => a.MatMul(b, transposeB: true), [2, 3], [4, 3]),
        Two<MatMul>("both transposed", (a, b) => a.MatMul(b, true, true), [3, 2], [4, 3]),
        Two<MatMul>("batch", (a, b) => a.MatMul(b), [5, 2, 3], [5, 3, 4]),
        Two<MatMul>("broadcast batch", (a, b) => a.MatMul(b, true), [2, 1, 3, 2], [5, 3, 4]),
        Two<MatMul>("shared weights", (a, b) => a.MatMul(b), [5, 2, 3], [3, 4]),
        new(typeof(MatMul), "bias", x => x[0].MatMul(x[1], bias: x[2]).Square(), [[5, 2, 3], [5, 3, 4], [5, 1, 4]]),
        new(
            typeof(MatMul), "bias, ReLU", x => x[0].MatMul(x[1], new MatMul(Rectifies: true), x[2]).Square(),
            [[5, 2, 3], [5, 3, 4], [5, 1, 4]]),
        new(
            typeof(MatMul), "shared weights, ReLU", x => x[0].MatMul(x[1], new MatMul(Rectifies: true), x[2]).Square(),
            [[5, 2, 3], [3, 4], [4]]),
        new(typeof(MatMul), "shared bias", x => x[0].MatMul(x[1], bias: x[2]).Square(), [[5, 2, 3], [5, 3, 4], [4]]),
        One<Cast>("to Float32 and back", x => x.Cast(ElementType.Float32).Cast(ElementType.Float64).Square(), s_matrix, tolerance: 2e-3),
        Indexed<Take>((x, i) => x.Take(1, i).Square(), [2, 3, 2], [2, 0, 0, 1]),
        Indexed<ScatterAdd>((x, i) => x.ScatterAdd(1, i, 3).Square(), [2, 4, 2], [2, 0, 0, 1]),
        Two<Convolution>("same", (x, w) => x.Convolve(w), [2, 3, 4, 2], [3, 3, 2, 3]),
        Two<Convolution>("valid", (x, w) => x.Convolve(w, Padding.Valid).Square(), [2, 4, 3, 2], [3, 1, 2, 3]),
        Two<Convolution>("members", (x, w) => x.Convolve(w).Square(), [2, 1, 3, 2, 2], [2, 3, 1, 2, 1]),
        Two<ConvolutionInputGradient>(
            "same", (g, w) => new ConvolutionInputGradient(Padding.Same).Apply(g, w), [2, 2, 3, 3], [3, 3, 2, 3]),
        Two<ConvolutionInputGradient>(
            "valid", (g, w) => new ConvolutionInputGradient(Padding.Valid).Apply(g, w), [2, 2, 1, 3], [1, 3, 2, 3]),
        Two<ConvolutionInputGradient>(
            "members", (g, w) => new ConvolutionInputGradient(Padding.Valid).Apply(g, w), [2, 1, 1, 2, 2], [2, 3, 1, 1, 2]),
        Two<ConvolutionWeightGradient>(
            "same", (x, g) => new ConvolutionWeightGradient(Padding.Same, 3, 3).Apply(x, g), [2, 2, 3, 2], [2, 2, 3, 3]),
        Two<ConvolutionWeightGradient>(
            "valid", (x, g) => new ConvolutionWeightGradient(Padding.Valid, 3, 1).Apply(x, g), [2, 4, 3, 2], [2, 2, 3, 3]),
        Two<ConvolutionWeightGradient>(
            "members", (x, g) => new ConvolutionWeightGradient(Padding.Same, 1, 3).Apply(x, g), [2, 2, 1, 3, 1], [2, 2, 1, 3, 2]),
        new(
            typeof(ConvolutionReluPool), "odd sizes", x => new ConvolutionReluPool(Padding.Same).ApplyAll(x)[0].Square(),
            [[2, 5, 4, 2], [3, 3, 2, 3], [3]], Tolerance: 1e-5),
        new(
            typeof(ConvolutionReluPool), "members", x => new ConvolutionReluPool(Padding.Same).ApplyAll(x)[0].Square(),
            [[2, 2, 3, 2, 1], [2, 3, 1, 1, 2], [2, 2]], Tolerance: 1e-5),
        Pooled<PooledConvolution>((x, w, i) => new PooledConvolution(Padding.Same).Apply(x, w, i).Square(), [2, 4, 4, 2], [3, 3, 2, 1]),
        Pooled<PooledConvolutionInputGradient>(
            (g, w, i) => new PooledConvolutionInputGradient(Padding.Valid, 6, 4).Apply(g, w, i), [2, 2, 2, 1], [3, 1, 2, 1]),
        Pooled<PooledConvolutionWeightGradient>(
            (x, g, i) => new PooledConvolutionWeightGradient(Padding.Same, 1, 3).Apply(x, g, i), [2, 4, 4, 2], [2, 2, 2, 1]),
        Pooled<PooledConvolution>(
            (x, w, i) => new PooledConvolution(Padding.Same).Apply(x, w, i).Square(), [2, 1, 4, 4, 2], [2, 3, 1, 2, 1], members: 2),
        Pooled<PooledConvolutionInputGradient>(
            (g, w, i) => new PooledConvolutionInputGradient(Padding.Valid, 6, 4).Apply(g, w, i), [2, 1, 2, 2, 1], [2, 3, 1, 1, 1],
            members: 2),
        Pooled<PooledConvolutionWeightGradient>(
            (x, g, i) => new PooledConvolutionWeightGradient(Padding.Same, 1, 3).Apply(x, g, i), [2, 1, 4, 4, 1], [2, 1, 2, 2, 1],
            members: 2),
        One<PoolIndex>("odd sizes", x => x.MaxPool().Square(), [2, 5, 4, 2]),
        Positions<PoolGather>((x, i) => new PoolGather().Apply(x, i).Square(), [2, 2, 3, 1], [5, 0, -1, 3]),
        Positions<PoolScatter>((x, i) => new PoolScatter([2, 2, 3, 1]).Apply(x, i).Square(), [2, 1, 2, 1], [5, 0, -1, 3]),
        One<ArgMax>("inner axis", x => x.ArgMax(1).Cast(x.Type) * x.Exp().Sum(1), s_matrix),
        One<LogSoftmax>("rows", x => x.LogSoftmax(), s_matrix, order: 3),
        Two<ReverseScan>("two columns", (a, b) => new ReverseScan().Apply(a, b), [4, 2], [4, 2], order: 3),
        Two<ReverseScan>("middle axis", (a, b) => new ReverseScan(1).Apply(a, b), [2, 3, 2], [2, 3, 2], order: 3),
        new(typeof(ReverseScan), "from a row", x => new ReverseScan().Apply(x[0], x[1], x[2]), [[4, 2], [4, 2], [2]], Order: 3),
        new(typeof(ReverseScan), "middle axis, from rows", x => new ReverseScan(1).Apply(x[0], x[1], x[2]), [[2, 3, 2], [2, 3, 2], [2, 2]]),
        Two<ReverseScan>("one moment", (a, b) => new ReverseScan().Apply(a, b).Square() * a, [1, 3], [1, 3]),
        Two<ForwardScan>("two columns", (a, b) => new ForwardScan().Apply(a, b), [4, 2], [4, 2], order: 3),
        Two<ForwardScan>("middle axis", (a, b) => new ForwardScan(1).Apply(a, b), [2, 3, 2], [2, 3, 2], order: 3),
        Two<ForwardScan>("one moment", (a, b) => new ForwardScan().Apply(a, b).Square() * a, [1, 3], [1, 3]),
        Two<Checkpointed>(
            "of an input and a captured tensor", (a, b) => Gradient.Checkpoint(x => (x * b.Exp()).Sin(), a), s_matrix, [3], order: 3),
        Random<DrawUniform>(key => Tensor.Uniform(key, [3], -1, 1, ElementType.Float64)),
        Random<DrawNormal>(key => Tensor.Normal(key, [3], type: ElementType.Float64)),
        Random<DrawTruncatedNormal>(key => Tensor.TruncatedNormal(key, [3], type: ElementType.Float64)),
        Random<DrawGumbel>(key => new DrawGumbel([3], ElementType.Float64).Apply(key.Words)),
        Random<SampleChoices>(key => Nn.Categorical.Sample(key, Tensor.Zeros([2, 3, 4], device: key.Device))),
        Random<DrawIntegers>(key => Tensor.Integers(key, 1, 7, [3])),
        Random<FoldKey>(key => Tensor.Uniform(key.Fold(5), [3])),
        Random<FoldKeyBy>(key => Tensor.Uniform(key.Fold(key.Words[.., 0]), [3])),
        Random<FoldKeyRange>(key => Tensor.Uniform(key.Fold(2..5), [])),
        Random<SplitKey>(key => Tensor.Uniform(key.Split(3), [])),
    ];

    /// <summary>Inputs for the function, drawn with a seed.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="type">The element type of the floating-point ones.</param>
    /// <param name="device">Where they are needed; the processor if null.</param>
    public Tensor[] Inputs(int seed = 0, ElementType type = ElementType.Float64, Device? device = null)
    {
        var random = new Random(seed);
        var inputs = new List<Tensor>();
        foreach (var shape in Shapes)
        {
            // Away from 0 and from each other, where kinks are.
            double[] values = [.. Enumerable.Range(0, shape.ElementCount)
                .Select(i => Low + ((High - Low) * (i + 0.25 + (0.5 * random.NextDouble())) / shape.ElementCount))];
            random.Shuffle(values);
            for (int i = 0; i < values.Length; i++)
                values[i] = Math.Abs(values[i]) < 0.05 ? 0.05 : values[i];
            inputs.Add(Tensor.From(values, shape, type, device));
        }

        if (Indices is not null)
            inputs.Add(Tensor.From(Indices, [Indices.Length], device));
        return [.. inputs];
    }

    /// <summary>Checks the operation's derivatives.</summary>
    /// <param name="device">Where; the processor if null.</param>
    /// <returns>The largest relative difference of each order.</returns>
    /// <exception cref="InvalidOperationException">A derivative is wrong.</exception>
    public double[] Check(Device? device = null)
        => GradientCheck.Check(x => [Function(x)], Inputs(device: device), Order, Tolerance);

    // All that an update makes of parameters, gradient, first moment, second moment and learning rate.
    private static Tensor AdamResults(Tensor[] x)
    {
        Tensor[] first = [x[2].BroadcastTo(x[0].Shape)], second = [x[3].BroadcastTo(x[0].Shape)];
        var state = new AdamState<Tensor[]>(Tensor.Full(3, [], ElementType.Int32, x[0].Device), first, second);
        var (updated, next) = new Adam(x[4], Epsilon: 1e-2, EpsilonRoot: 1e-2).Update([x[0]], [x[1]], state);
        var moments = (AdamState<Tensor[]>)next;
        return Tensor.Concatenate(0, updated[0].Square(), moments.First[0].Sin(), moments.Second[0].Square());
    }

    private static Tensor SplitParts(Tensor x)
    {
        var parts = new Split(1, [1, 2, 3]).ApplyAll(x);
        return Tensor.Concatenate(1, parts[2].Square(), parts[0].Sin());
    }

    private static OperationSample Of<T>(Func<Tensor, Tensor> function, double low = -1.5, double high = 1.5, int order = 2)
        => One<T>("elementwise", function, s_matrix, low, high, order);

    private static OperationSample One<T>(
        string name,
        Func<Tensor, Tensor> function,
        Shape shape,
        double low = -1.5,
        double high = 1.5,
        int order = 2,
        double tolerance = 1e-6)
        => new(typeof(T), name, x => function(x[0]), [shape], low, high, order, tolerance);

    private static OperationSample Two<T>(
        string name, Func<Tensor, Tensor, Tensor> function, Shape first, Shape second, double low = -1.5, double high = 1.5, int order = 2)
        => new(typeof(T), name, x => function(x[0], x[1]), [first, second], low, high, order);

    private static OperationSample Indexed<T>(Func<Tensor, Tensor, Tensor> function, Shape shape, int[] indices)
        => new(typeof(T), "repeated indices", x => function(x[0], x[1]), [shape], Indices: indices);

    // Of two pixels of each of two images.
    private static OperationSample Positions<T>(Func<Tensor, Tensor, Tensor> function, Shape shape, int[] positions)
        => new(typeof(T), "one of none", x => function(x[0], x[1].Reshape(2, 1, 2, 1)), [shape], Indices: positions);

    // In results of 4 x 4 pixels of two images, or of one for each of two members.
    private static OperationSample Pooled<T>(Func<Tensor, Tensor, Tensor, Tensor> function, Shape first, Shape second, int members = 1)
    {
        Shape positions = members == 1 ? [2, 2, 2, 1] : [members, 1, 2, 2, 1];
        return new(
            typeof(T), members == 1 ? "one of none" : "members", x => function(x[0], x[1], x[2].ReshapeTo(positions)), [first, second],
            Indices: [1, 6, -1, 15, 4, 3, 12, 11]);
    }

    // Draws, from two keys, have no derivative: they must not hinder that of what they multiply.
    private static OperationSample Random<T>(Func<Key, Tensor> draw)
        => new(
            typeof(T),
            "as a constant",
            x => draw(new Key(x[1].Reshape(2, 4))).Cast(x[0].Type) * x[0].Exp(),
            [s_matrix],
            Indices: [1, 2, 3, 4, 1, 2, 3, 5]);
}
