using Engine.Core.Autodiff;
using Engine.Kernels;

namespace Engine.Core;

/// <summary>A recorded function for inputs of one set of shapes, with memory of its own for inputs, work and results.</summary>
internal sealed class ProgramInstance : IDisposable
{
    private readonly Func<Tensor[], Tensor[]> _function;
    private readonly Recording _recording;
    private readonly Tensor[] _inputs;
    private readonly List<BufferCopy> _copies = [];
    private int _runs;

    /// <summary>Makes room for inputs like those given.</summary>
    public ProgramInstance(Func<Tensor[], Tensor[]> function, Device device, IEnumerable<(ElementType Type, Shape Shape)> inputs)
    {
        _function = function;
        Device = device;
        _recording = new Recording(device);
        try
        {
            _inputs = [.. inputs.Select(
                x => new Tensor(device, x.Type, x.Shape, _recording.Own((long)x.Shape.ElementCount * x.Type.Size())))];
        }
        catch
        {
            _recording.Dispose();
            throw;
        }
    }

    public ProgramInstance(Func<Tensor[], Tensor[]> function, Device device, Tensor[] inputs)
        : this(function, device, inputs.Select(x => (x.Type, x.Shape)))
    {
    }

    /// <summary>Where it runs.</summary>
    public Device Device { get; }

    /// <summary>Where the latest run left its results; overwritten by the next.</summary>
    public Tensor[] Results { get; private set; } = [];

    /// <summary>Whether the function has run once, so that the results' shapes are news.</summary>
    public bool IsFirstRun => _runs == 1;

    public int CommandCount => _recording.CommandCount;

    public long WorkingBytes => _recording.ArenaBytes;

    /// <summary>Bytes that a command of a replay makes on average.</summary>
    public long BytesPerCommand => _recording.UsedBytes / Math.Max(1, _recording.CommandCount);

    /// <summary>The error of an input that is on another device than its program.</summary>
    public static ArgumentException Elsewhere(string input, Tensor source, Device device)
        => new(
            $"Input{(input.Length == 0 ? "" : " ")}{input} is on device {source.Device.Name}, but the program runs on {device.Name}: "
            + "copy it with To.");

    /// <summary>Throws if results differ from member to member of a <see cref="Batch.Map"/> that the program runs in.</summary>
    public static void RequireWhole(Tensor[] results)
    {
        if (BatchedMap.Of(results) is not null)
        {
            throw new InvalidOperationException(
                "A program's function captures a tensor of one member of the Batch.Map that it runs in: make it an input.");
        }
    }

    /// <summary>Names an input of the next run: a tensor, or the part of a larger one that begins at a byte.</summary>
    public void SetInput(int number, Tensor source, long sourceByte)
    {
        var input = _inputs[number];
        if (source.Device != Device)
            throw Elsewhere($"{number}", source, Device);
        _copies.Add(new(source.Buffer, sourceByte, input.Buffer, 0, (long)input.Count * input.Type.Size()));
    }

    /// <summary>Names a place for a result: a tensor, or the part of a larger one that begins at a byte.</summary>
    public void CopyResult(int number, Tensor destination, long destinationByte)
    {
        var result = Results[number];
        _copies.Add(new(result.Buffer, 0, destination.Buffer, destinationByte, (long)result.Count * result.Type.Size()));
    }

    /// <summary>Copies results to the places named.</summary>
    public void Deliver()
    {
        // Together, because a device may need about as long for one as for all.
        try
        {
            Device.Copy(_copies);
        }
        finally
        {
            _copies.Clear();
        }
    }

    /// <summary>
    /// Runs the function with the inputs named, recorded by the first run. If it throws, the instance is of no further use but to be
    /// disposed.
    /// </summary>
    public void Run()
    {
        Deliver();

        // The graph of a recorded run is not needed any more, only where its results are.
        if (_runs == 0)
        {
            _recording.Observe(Call);
            _recording.Store(Call);
        }

        _recording.Replay();
        _runs++;
    }

    /// <summary>
    /// Runs the function with the inputs named as it is written, which is how its operations can be checked. The instance is of no further
    /// use than for the results.
    /// </summary>
    public void RunAsWritten()
    {
        Deliver();
        using var scope = new TensorScope();
        Call();
        Results = [.. Results.Select(Kept)];

        Tensor Kept(Tensor result)
        {
            var buffer = _recording.Own(result.Buffer.ByteLength);
            Device.Copy(result.Buffer, 0, buffer, 0, buffer.ByteLength);
            return new Tensor(Device, result.Type, result.Shape, buffer);
        }
    }

    /// <summary>Bytes that runs would work in. The instance is of no further use.</summary>
    public long Plan() => _recording.Observe(Call);

    public void Dispose() => _recording.Dispose();

    private IEnumerable<Kernels.Memory.Buffer> Call()
    {
        // Derivatives end at a program: what it uses is no business of who runs it.
        using var apart = CheckpointScope.Apart();
        var results = _function(_inputs);
        RequireWhole(results);
        Results = [.. results.Select(y => y.AsLeaf())];
        return Results.Select(result => result.Buffer);
    }
}
