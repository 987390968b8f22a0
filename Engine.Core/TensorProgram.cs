using Engine.Kernels;

namespace Engine.Core;

/// <summary>
/// A function of tensors that runs with the least overhead. The first call runs it as written and plans its memory, the second
/// records what it asks of the device, and later calls replay that with new inputs: no graph, no allocation but for the results.
/// What is made inside is recycled; only results escape, as leaves.
/// </summary>
/// <remarks>
/// The function may depend on nothing but its inputs: numbers of the host that it reads become constants, and tensors that it captures
/// must stay. Inputs of other shapes or types are recorded anew, beside the earlier ones. A program is used by one thread at a time.
/// </remarks>
/// <param name="function">The function. It must not read values on the host.</param>
/// <param name="device">Where to run; the processor if null.</param>
public sealed class TensorProgram(Func<Tensor[], Tensor[]> function, Device? device = null) : IDisposable
{
    private readonly Dictionary<string, ProgramInstance> _instances = [];
    private readonly Device _device = device ?? Device.Cpu;
    private bool _disposed;

    /// <summary>Whether every operation is checked for NaN and infinity. The function then runs as written in each call.</summary>
    public bool CheckFinite { get; init; }

    /// <summary>Commands of the replay that ran last; 0 before there was one.</summary>
    public int CommandCount { get; private set; }

    /// <summary>Bytes that replays work in, over all shapes of inputs.</summary>
    public long WorkingBytes => _instances.Values.Sum(instance => instance.WorkingBytes);

    /// <summary>Runs the function.</summary>
    /// <param name="inputs">What it is applied to; copied, so they may be disposed afterwards.</param>
    /// <returns>The results, which belong to the caller's <see cref="TensorScope"/> or to the caller.</returns>
    /// <exception cref="InvalidOperationException">
    /// The function reads a value on the host, or asks for other things than the first time.
    /// </exception>
    public Tensor[] Run(params Tensor[] inputs)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (CheckFinite)
            return Escape(inputs);
        if (Recording.IsActive)
            return function(inputs);
        string signature = string.Join(' ', inputs.Select(input => $"{input.Type}{input.Shape}"));
        if (!_instances.TryGetValue(signature, out var instance))
            _instances.Add(signature, instance = new ProgramInstance(function, _device, inputs));
        try
        {
            for (int i = 0; i < inputs.Length; i++)
                instance.SetInput(i, inputs[i], 0);
            instance.Run();
        }
        catch
        {
            // Half a recording can't be gone on with: the next call begins anew.
            _instances.Remove(signature);
            instance.Dispose();
            throw;
        }

        CommandCount = instance.CommandCount;

        var results = new Tensor[instance.Results.Length];
        for (int i = 0; i < results.Length; i++)
        {
            var (type, shape) = (instance.Results[i].Type, instance.Results[i].Shape);
            results[i] = Tensor.Allocate(_device, type, shape, null, []);
            instance.CopyResult(i, results[i], 0);
        }

        instance.Deliver();
        return results;
    }

    /// <summary>Returns the memory of all recordings.</summary>
    public void Dispose()
    {
        _disposed = true;
        foreach (var instance in _instances.Values)
            instance.Dispose();
        _instances.Clear();
    }

    private Tensor[] Escape(Tensor[] inputs)
    {
        using var scope = new TensorScope(checkFinite: true);
        return [.. function(inputs).Select(y => scope.Keep(Copy(y)))];

        static Tensor Copy(Tensor y)
        {
            var copy = Tensor.Allocate(y.Device, y.Type, y.Shape, null, []);
            y.Device.Copy(y.Buffer, 0, copy.Buffer, 0, y.Buffer.ByteLength);
            return copy;
        }
    }
}
