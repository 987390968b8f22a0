using Engine.Kernels;

namespace Engine.Core;

/// <summary>
/// A function of tensors that runs with the least overhead. The first call runs it as written and plans its memory, the second
/// records what it asks of the device, and later calls replay that with new inputs: no graph, no allocation but for the results.
/// What is made inside is recycled; only results escape, as leaves.
/// </summary>
/// <remarks>
/// The function may depend on nothing but its inputs: numbers of the host that it reads become constants, and tensors that it captures
/// must stay. Inputs of other shapes or types are recorded anew, beside the earlier ones. A program is used by one thread at a time. It
/// may run another one; that one's results are constants to derivatives there too.
/// </remarks>
/// <param name="function">The function. It must not read values on the host.</param>
/// <param name="device">Where to run; the processor if null.</param>
public sealed class TensorProgram(Func<Tensor[], Tensor[]> function, Device? device = null) : IDisposable
{
    private readonly Dictionary<string, ProgramInstance> _instances = [];
    private readonly Device _device = device ?? Device.Cpu;
    private readonly SingleUse _use = new(nameof(TensorProgram));

    /// <summary>
    /// Whether every operation is checked for NaN and infinity. The function then runs as written in each call, as it also does within a
    /// <see cref="TensorScope"/> that checks. Within another program it is that one's setting that counts.
    /// </summary>
    public bool CheckFinite { get; init; }

    /// <summary>Commands of the replay that ran last; 0 before there was one.</summary>
    public int CommandCount { get; private set; }

    /// <summary>Bytes that replays work in, over all shapes of inputs.</summary>
    public long WorkingBytes => _instances.Values.Sum(instance => instance.WorkingBytes);

    /// <summary>Runs the function.</summary>
    /// <param name="inputs">What it is applied to; copied, so they may be disposed afterwards.</param>
    /// <returns>The results, which belong to the caller's <see cref="TensorScope"/> or to the caller.</returns>
    /// <exception cref="InvalidOperationException">
    /// The function reads a value on the host, or asks for other things than the first time; or the program is running already.
    /// </exception>
    /// <exception cref="NotFiniteNumberException">An operation produced NaN or infinity, and that is checked.</exception>
    public Tensor[] Run(params Tensor[] inputs)
    {
        _use.ThrowIfEnded();
        for (int i = 0; i < inputs.Length; i++)
            ProgramInstance.RequireDevice(i, inputs[i], _device);

        // In another program it becomes a part of that one.
        return Recording.IsActive ? Leaves(function(Leaves(inputs)))
            : CheckFinite || TensorScope.IsChecking ? RunAsWritten(inputs)
            : RunRecorded(inputs);
    }

    /// <summary>Returns the memory of all recordings.</summary>
    /// <exception cref="InvalidOperationException">The program is running.</exception>
    public void Dispose()
    {
        if (!_use.End())
            return;
        foreach (var instance in _instances.Values)
            instance.Dispose();
        _instances.Clear();
    }

    // Derivatives end at inputs and results, however a program is run.
    private static Tensor[] Leaves(Tensor[] tensors) => [.. tensors.Select(tensor => tensor.AsLeaf())];

    private Tensor[] RunRecorded(Tensor[] inputs)
    {
        using var turn = _use.Begin();
        string signature = string.Join(' ', inputs.Select(input => $"{input.Type}{input.Shape}"));
        if (!_instances.TryGetValue(signature, out var instance))
            _instances.Add(signature, instance = new ProgramInstance(function, _device, inputs));
        Tensor[] results = [];
        try
        {
            for (int i = 0; i < inputs.Length; i++)
                instance.SetInput(i, inputs[i], 0);
            instance.Run();
            results = Tensor.MakeAll(instance.Results, like => Tensor.Allocate(_device, like.Type, like.Shape));
            for (int i = 0; i < results.Length; i++)
                instance.CopyResult(i, results[i], 0);
            instance.Deliver();
        }
        catch
        {
            // Half a recording can't be gone on with: the next call begins anew.
            _instances.Remove(signature);
            instance.Dispose();
            foreach (var result in results)
                result.Dispose();
            throw;
        }

        CommandCount = instance.CommandCount;
        return results;
    }

    private Tensor[] RunAsWritten(Tensor[] inputs)
    {
        using var turn = _use.Begin();
        using var scope = new TensorScope(checkFinite: true);
        return scope.Keep(Tensor.MakeAll(function(Leaves(inputs)), y => y.Copy()));
    }
}
