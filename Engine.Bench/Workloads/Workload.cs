using Engine.Core;
using Engine.Kernels;
using Engine.RL.Meta;

namespace Engine.Bench.Workloads;

/// <summary>Work that is timed under a name; inputs are made beforehand, the same on every device.</summary>
/// <param name="Name">The name, the same for every engine that is compared.</param>
/// <param name="Describe">What it does, in words.</param>
/// <param name="Create">Makes inputs on a device and returns the work.</param>
internal sealed record Workload(string Name, string Describe, Func<Device, IWork> Create)
{
    // Adam divides small gradients by their size, and a sum of millions of both signs is small beside them: rounding grows.
    private const double Amplified = 1e-3;

    /// <summary>How the names of updates of training begin.</summary>
    public const string Training = "snake-train-";

    /// <summary>All workloads.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        Mrp("mrp-meta-s256-n1", "256 one-step meta-gradients of the Markov reward process", 256, 1),
        Mrp("mrp-meta-s256-n10", "256 ten-step ones", 256, 10),
        Mrp("mrp-meta-s2048-n10", "2,048 ten-step ones", 2048, 10),
        new(
            "snake-forward-n640", "the Snake network on 640 observations of 12 x 12 x 5", device => SnakeWorkload.Forward(640, device))
        {
            Effort = Effort.OfSnakeNetwork(640),
        },
        new("snake-act-n32", "the same on 32 observations", device => SnakeWorkload.Forward(32, device))
        {
            Effort = Effort.OfSnakeNetwork(32),
        },
        new("snake-grad-n640", "its A2C loss and gradient, 20 steps of 32 environments", SnakeWorkload.LossAndGradient)
        {
            Tolerance = 1e-4,
        },
        new("snake-hvp-n640", "the product of that loss's Hessian with a vector", SnakeWorkload.HessianVector)
        {
            Tolerance = 1e-4,
        },
        SnakeMeta("snake-meta-1", "a meta-gradient through one inner step of clipped Adam", 1, mixes: false),
        SnakeMeta("snake-meta-3", "through three inner steps", 3, mixes: false),
        SnakeMeta("snake-meta-3-mix", "the same with the outer losses of all steps", 3, mixes: true),
        new("snake-steps-n1024", "20 steps of 1,024 games, seen after each", device => new SnakeStepsWorkload(1024, device)),
        MatMul("matmul-1024", 1024, 1024, 1024),
        MatMul("matmul-640x288x40", 640, 288, 40),
        Convolution("conv-12x12x5-32", 640, 12, 5, 32),
        Convolution("conv-6x6x32-32", 640, 6, 32, 32),
        Elementwise("tanh-16m", "tanh of 2^24 numbers", x => x.Tanh(), bytes: 8),
        Elementwise("axpy-16m", "2 x + x of 2^24 numbers", x => Tensor.LinearCombination(2, x, 1, x), bytes: 8),
        Elementwise("sum-16m", "the sum of 2^24 numbers", x => x.Sum(), bytes: 4) with { Tolerance = Amplified },
    ];

    /// <summary>
    /// Updates of training, which call for no inputs and have no results to compare: games go on from where the last call left them.
    /// </summary>
    /// <param name="agents">Agents that learn as one batch.</param>
    public static IEnumerable<Workload> Updates(int agents)
        => new[] { "0", "1", "3-mix", "back-5", "back-trace-5" }.Select(
            method => new Workload(
                Training + method, $"an update of training by method {method}",
                device => UpdateWork.Of(new(), MetaGradientMethod.Parse(method), agents, device)));

    /// <summary>What the work takes at least; nothing where that is not known.</summary>
    public Effort Effort { get; init; }

    /// <summary>The largest relative difference of results between devices that is no mistake.</summary>
    public double Tolerance { get; init; } = 1e-5;

    private static Workload Mrp(string name, string describe, int replicates, int steps)
        => new(name, describe, device => new MrpMetaWorkload(replicates, new(MetaGradientKind.Classic, steps), device))
        {
            Tolerance = Amplified,
        };

    private static Workload SnakeMeta(string name, string describe, int steps, bool mixes)
        => new(name, describe, device => SnakeWorkload.MetaGradient(steps, mixes, device)) { Tolerance = Amplified };

    private static Workload MatMul(string name, int rows, int inner, int columns) => new(
        name,
        $"[{rows}, {inner}] x [{inner}, {columns}]",
        device => new TensorWorkload(device, x => x[0].MatMul(x[1]), [rows, inner], [inner, columns]))
    {
        Effort = Effort.OfMatMul(rows, inner, columns),
    };

    private static Workload Convolution(string name, int images, int side, int channelsIn, int channelsOut) => new(
        name,
        $"{images} images of {side} x {side} x {channelsIn}, a window of 3 x 3, {channelsOut} channels",
        device => new TensorWorkload(device, x => x[0].Convolve(x[1]), [images, side, side, channelsIn], [3, 3, channelsIn, channelsOut]))
    {
        Effort = Effort.OfConvolution(images, side, channelsIn, channelsOut),
    };

    // Each number is read, and where there are as many results, one is written.
    private static Workload Elementwise(string name, string describe, Func<Tensor, Tensor> function, int bytes) => new(
        name, describe, device => new TensorWorkload(device, x => function(x[0]), [1 << 24]))
    {
        Effort = new(Operations: 0, Bytes: (double)bytes * (1 << 24)),
    };
}

/// <summary>Work on a device, with its inputs.</summary>
internal interface IWork : IDisposable
{
    /// <summary>Does the work once, outside of any <see cref="TensorScope"/>. Equal calls have equal results on all devices.</summary>
    /// <returns>The results, for the caller to dispose.</returns>
    Tensor[] Run();
}
