using Engine.Bench.Commands;
using Engine.Bench.Input;
using Engine.Bench.Output;
using Engine.Kernels;

namespace Engine.Bench.Comparing;

/// <summary>A device that takes part in a comparison of several.</summary>
/// <param name="Name">Its name as it was typed: the processor may take part with several numbers of threads, as cpu@1 and cpu@2.</param>
/// <param name="Device">The device.</param>
internal sealed record ComparedDevice(string Name, Device Device) : IDisposable
{
    /// <summary>Its speeds; null if they were not measured.</summary>
    public Peak? Peak { get; set; }

    /// <summary>Why its speeds could not be measured; null if they could, or were not to be.</summary>
    public string? Failed { get; private set; }

    /// <summary>Why the device is of no more use; null if it is.</summary>
    public string? Lost { get; private set; }

    /// <summary>How one device takes part as two.</summary>
    public const string Example = "the processor may take part twice with different threads, as in cpu,cpu@1";

    /// <summary>Opens devices.</summary>
    /// <param name="option">The option that names them.</param>
    /// <param name="names">What was typed.</param>
    /// <param name="threads">Threads of the processor where a name does not say.</param>
    /// <exception cref="UserError">One is given twice, or can't be opened.</exception>
    public static ComparedDevice[] Open(string option, string[] names, int threads)
    {
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UserError($"{option} names {twice.Key} twice: give each device once; {Example}.");
        var opened = new List<ComparedDevice>();
        try
        {
            foreach (string name in names)
                opened.Add(new(name, Open(option, name, threads)));
            return [.. opened];
        }
        catch
        {
            opened.ForEach(device => device.Dispose());
            throw;
        }
    }

    /// <summary>Measures its speeds.</summary>
    public void Measure(CancellationToken cancel)
    {
        try
        {
            Peak = Peak.Of(Device, cancel);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Failed = Outcome.Describe(e);
            Note(e);
        }
    }

    /// <summary>Takes note of a failure, after which the device may be lost.</summary>
    public void Note(Exception failure)
    {
        if (failure is DeviceException)
            Lost ??= Outcome.Describe(failure);
    }

    /// <inheritdoc/>
    public void Dispose() => Device.Dispose();

    private static Device Open(string option, string name, int threads)
    {
        string[] parts = name.Split('@');
        if (parts.Length > 1)
        {
            if (parts is not ["cpu", var count] || !Values.TryRead(count, out threads) || threads == 0)
                throw new UserError($"{option} '{name}': behind @ stands the number of the processor's threads, as in cpu@1.");
            CommonOptions.RequireThreads($"{option} {name}: the number of threads", threads);
        }

        return CommonOptions.OpenDevice(new RunConfig<object>(new object(), parts[0], threads));
    }
}
