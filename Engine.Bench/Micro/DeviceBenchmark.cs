using BenchmarkDotNet.Attributes;
using Engine.Core;
using Engine.Kernels;

namespace Engine.Bench.Micro;

/// <summary>Benchmarks of which each runs on every device that was asked for, with inputs made beforehand.</summary>
public abstract class DeviceBenchmark
{
    private readonly List<IDisposable> _made = [];
    private int _drawn;

    /// <summary>The devices that were asked for. Set before the benchmarks run, which they do in this process.</summary>
    internal static MicroDevices Chosen { get; set; } = new(["cpu"], Threads: 0, CancellationToken.None);

    /// <summary>The names of the devices.</summary>
    public static IEnumerable<string> Devices => Chosen.Names;

    /// <summary>The device, by its name.</summary>
    [ParamsSource(nameof(Devices))]
    public string Device { get; set; } = "";

    /// <summary>The device.</summary>
    private protected Device Opened { get; private set; } = null!;

    /// <summary>Opens the device and makes inputs.</summary>
    [GlobalSetup]
    public void Open()
    {
        Opened = Kernels.Device.Open(Device, Chosen.Threads);
        MakeInputs();
    }

    /// <summary>Returns all memory and closes the device.</summary>
    [GlobalCleanup]
    public void Close()
    {
        foreach (var made in _made)
            made.Dispose();
        _made.Clear();
        Opened.Dispose();
    }

    /// <summary>Makes inputs, outside of any <see cref="TensorScope"/>.</summary>
    private protected abstract void MakeInputs();

    /// <summary>Standard normal numbers that stay until the end.</summary>
    private protected Tensor Normal(params int[] shape)
    {
        using var scope = new TensorScope();
        return Keep(scope.Keep(Tensor.Normal(Key.Of(0, Opened).Fold(_drawn++), shape)));
    }

    /// <summary>Lets something stay until the end.</summary>
    private protected T Keep<T>(T made)
        where T : IDisposable
    {
        _made.Add(made);
        return made;
    }

    /// <summary>Runs a function and waits for the device.</summary>
    private protected void Run(Func<Tensor> function)
    {
        Chosen.Cancel.ThrowIfCancellationRequested();
        using var scope = new TensorScope();
        function();
        Opened.Synchronize();
    }
}

/// <summary>Where benchmarks run.</summary>
/// <param name="Names">Names of devices.</param>
/// <param name="Threads">Threads of the processor, 0 for all cores.</param>
/// <param name="Cancel">Asks to stop.</param>
internal sealed record MicroDevices(string[] Names, int Threads, CancellationToken Cancel);
