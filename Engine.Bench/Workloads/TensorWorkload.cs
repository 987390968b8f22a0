using Engine.Core;
using Engine.Kernels;

namespace Engine.Bench.Workloads;

/// <summary>A function of standard normal tensors, with a fresh result in each call.</summary>
internal sealed class TensorWorkload : IWork
{
    private readonly Tensor[] _inputs;
    private readonly Func<Tensor[], Tensor> _function;

    public TensorWorkload(Device device, Func<Tensor[], Tensor> function, params Shape[] shapes)
    {
        _function = function;
        using var scope = new TensorScope();
        var key = Key.Of(0, device);
        _inputs = [.. shapes.Select((shape, i) => scope.Keep(Tensor.Normal(key.Fold(i), shape)))];
    }

    public Tensor[] Run()
    {
        using var scope = new TensorScope();
        return [scope.Keep(_function(_inputs))];
    }

    public void Dispose()
    {
        foreach (var input in _inputs)
            input.Dispose();
    }
}
