using Engine.Bench.Workloads;
using Engine.Core;
using Engine.Kernels;

namespace Engine.Bench.Micro;

/// <summary>A function of tensors that stay, as a recorded program.</summary>
/// <param name="function">The function.</param>
/// <param name="device">Where it runs.</param>
internal sealed class RecordedWork(Func<Tensor> function, Device device) : IWork
{
    private readonly TensorProgram<ValueTuple, Tensor> _program = new(_ => function(), device);

    public Tensor[] Run() => [_program.Run(default)];

    public void Dispose() => _program.Dispose();
}
