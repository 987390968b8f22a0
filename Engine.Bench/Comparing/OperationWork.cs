using Engine.Bench.Workloads;
using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;

namespace Engine.Bench.Comparing;

/// <summary>The sample of an operation with its derivatives to order 2, or to the lower one that the sample is for.</summary>
internal sealed class OperationWork : IWork
{
    private const int MostOrder = 2;

    private readonly OperationSample _sample;
    private readonly Tensor[] _inputs;
    private readonly Tensor[] _free;
    private readonly Dictionary<(int Order, int Number), Tensor> _cotangents = [];

    /// <summary>Makes the sample's inputs.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="type">The element type of floating-point inputs.</param>
    /// <param name="device">Where.</param>
    public OperationWork(OperationSample sample, ElementType type, Device device)
    {
        _sample = sample;
        _inputs = sample.Inputs(seed: 0, type, device);
        _free = [.. _inputs.Where(input => input.Type.IsFloat())];
    }

    /// <summary>Runs the sample.</summary>
    /// <returns>Its result; products of that with a cotangent, for each input; products of these again.</returns>
    public Tensor[] Run()
    {
        using var scope = new TensorScope();
        Tensor[] last = [_sample.Function(_inputs)];
        var all = last.ToList();
        for (int order = 1; order <= Math.Min(_sample.Order, MostOrder); order++)
        {
            last = Gradient.Vjp(last, _free, [.. last.Select((y, number) => Cotangent(scope, y, order, number))]);
            all.AddRange(last);
        }

        return scope.Keep(all.ToArray());
    }

    public void Dispose()
    {
        foreach (var tensor in _inputs.Concat(_cotangents.Values))
            tensor.Dispose();
    }

    // Numbers from -1 to 1, drawn by the host in the first run.
    private Tensor Cotangent(TensorScope scope, Tensor y, int order, int number)
    {
        if (!_cotangents.TryGetValue((order, number), out var cotangent))
        {
            var random = new Random((10 * order) + number);
            double[] values = [.. Enumerable.Range(0, y.Count).Select(_ => (2 * random.NextDouble()) - 1)];
            _cotangents[(order, number)] = cotangent = scope.Keep(Tensor.From(values, y.Shape, y.Type, y.Device));
        }

        return cotangent;
    }
}
