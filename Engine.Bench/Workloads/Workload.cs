using Engine.Core.Operations;
using Engine.Kernels;

namespace Engine.Bench.Workloads;

/// <summary>Work that is timed under a name; inputs are made beforehand.</summary>
/// <param name="Name">The name, the same for every engine that is compared.</param>
/// <param name="Describe">What it does, in words.</param>
/// <param name="Create">Makes inputs on a device and returns the work, which may be disposable.</param>
internal sealed record Workload(string Name, string Describe, Func<Device, IWork> Create)
{
    /// <summary>All workloads.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        new("mrp-meta-s256-n1", "256 one-step meta-gradients of the Markov reward process", device => new MrpMetaWorkload(256, 1, device)),
        new("mrp-meta-s256-n10", "256 ten-step ones", device => new MrpMetaWorkload(256, 10, device)),
        new("mrp-meta-s2048-n10", "2,048 ten-step ones", device => new MrpMetaWorkload(2048, 10, device)),
        new(
            "snake-forward-n640", "the Snake network on 640 observations of 12 x 12 x 5", device => SnakeWorkload.Forward(640, device)),
        new("snake-act-n32", "the same on 32 observations", device => SnakeWorkload.Forward(32, device)),
        new("snake-grad-n640", "its A2C loss and gradient, 20 steps of 32 environments", SnakeWorkload.LossAndGradient),
        new("snake-hvp-n640", "the product of that loss's Hessian with a vector", SnakeWorkload.HessianVector),
        new(
            "snake-meta-1", "a meta-gradient through one inner step of clipped Adam",
            device => SnakeWorkload.MetaGradient(1, false, device)),
        new("snake-meta-3", "through three inner steps", device => SnakeWorkload.MetaGradient(3, false, device)),
        new("snake-meta-3-mix", "the same with the outer losses of all steps", device => SnakeWorkload.MetaGradient(3, true, device)),
        new("snake-steps-n1024", "20 steps of 1,024 games, seen after each", device => new SnakeStepsWorkload(1024, device)),
        new("matmul-1024", "[1024, 1024] x [1024, 1024]", device => new TensorWorkload(device, x => x[0].MatMul(x[1]), [1024, 1024], [1024, 1024])),
        new("matmul-640x288x40", "[640, 288] x [288, 40]", device => new TensorWorkload(device, x => x[0].MatMul(x[1]), [640, 288], [288, 40])),
        new(
            "conv-12x12x5-32", "640 images of 12 x 12 x 5, a window of 3 x 3, 32 channels",
            device => new TensorWorkload(device, x => x[0].Convolve(x[1]), [640, 12, 12, 5], [3, 3, 5, 32])),
        new(
            "conv-6x6x32-32", "640 images of 6 x 6 x 32, a window of 3 x 3, 32 channels",
            device => new TensorWorkload(device, x => x[0].Convolve(x[1]), [640, 6, 6, 32], [3, 3, 32, 32])),
        new("tanh-16m", "tanh of 2^24 numbers", device => new TensorWorkload(device, x => x[0].Tanh(), [1 << 24])),
        new("axpy-16m", "2 x + x of 2^24 numbers",
            device => new TensorWorkload(device, x => new LinearCombination(2, 1).Apply(x[0], x[0]), [1 << 24])),
        new("sum-16m", "the sum of 2^24 numbers", device => new TensorWorkload(device, x => x[0].Sum(), [1 << 24])),
    ];
}

/// <summary>One call of a workload.</summary>
internal interface IWork : IDisposable
{
    /// <summary>Does the work once.</summary>
    void Run();
}
