using BenchmarkDotNet.Attributes;
using Engine.Bench.Workloads;
using Engine.Core;
using Engine.Kernels;

namespace Engine.Bench.Micro;

/// <summary>Benchmarks of which each runs on every device that was asked for, with inputs made beforehand.</summary>
public abstract class DeviceBenchmark
{
    private readonly List<IDisposable> _made = [];
    private int _drawn;
    private Func<Tensor>? _function;

    /// <summary>The devices that were asked for. Set before the benchmarks run, which they do in this process.</summary>
    internal static MicroDevices Chosen { get; set; } = new(["cpu"], Threads: 0, CancellationToken.None);

    /// <summary>What a replay of the benchmark that closed its device last gives to it; null if the benchmark failed.</summary>
    internal static ReplayCounts? Counted { get; private set; }

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
        Counted = null;
        Opened = Kernels.Device.Open(Device, Chosen.Threads);
        MakeInputs();
    }

    /// <summary>Counts what a replay gives, returns all memory and closes the device.</summary>
    [GlobalCleanup]
    public void Close()
    {
        try
        {
            using var work = Recorded();
            for (int i = 0; i < 2; i++)
                Timing.Call(work, Opened, Chosen.Cancel);
            Counted = ReplayCounts.Of(work, Opened, Chosen.Cancel);
        }
        finally
        {
            foreach (var made in _made)
                made.Dispose();
            _made.Clear();
            Opened.Dispose();
        }
    }

    /// <summary>Makes inputs, outside of any <see cref="TensorScope"/>.</summary>
    private protected abstract void MakeInputs();

    /// <summary>What the benchmark does, as recorded work for the caller to dispose: by default what <see cref="Run"/> ran last.</summary>
    private protected virtual IWork Recorded() => new RecordedWork(_function!, Opened);

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
        _function = function;
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
