using System.Numerics;
using ILGPU;

namespace Engine.Kernels.Gpu.Convolutions;

/// <summary>
/// The weights that a group needs, in shared memory: [kernel row, kernel column, input channel, quad], where quad q has the output
/// channels q, q + quads, q + 2 quads and q + 3 quads, so that neighbouring threads have neighbouring channels.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal interface IConvolutionWeights<T>
    where T : unmanaged, INumber<T>
{
    /// <summary>Loads them; each thread of the group some, four at a time for them to be on their way together.</summary>
    /// <param name="memory">The shared memory.</param>
    /// <param name="member">Whose they are.</param>
    /// <param name="input">The first input channel.</param>
    /// <param name="output">The first output channel.</param>
    void Load(ArrayView<T> memory, int member, int input, int output);
}

/// <summary>Weights [kernel height, kernel width, input channels, output channels].</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="plan">How the convolution is done.</param>
/// <param name="weights">The weights.</param>
internal readonly struct PlainWeights<T>(ConvolutionPlan plan, View<T> weights) : IConvolutionWeights<T>
    where T : unmanaged, INumber<T>
{
    private readonly View<T> _weights = weights;
    private readonly int _inputs = plan.Shape.InputChannels;
    private readonly int _outputs = plan.Shape.OutputChannels;
    private readonly int _count = plan.Shape.WeightCount;
    private readonly int _rows = plan.Shape.KernelHeight * plan.Shape.KernelWidth * plan.Chunk;
    private readonly Quotient _byChunk = new(plan.Chunk);
    private readonly Quotient _byQuads = new(plan.Quads);
    private readonly Lanes _lanes = new(4 * plan.Quads, plan.Threads);

    /// <inheritdoc/>
    public void Load(ArrayView<T> memory, int member, int input, int output)
    {
        int step = _lanes.RowStep, first = _lanes.RowOf(Group.IdxX), lane = _lanes.LaneOf(Group.IdxX), field = _byQuads.Of(lane);
        int from = member * _count, place = ((lane - (field * _byQuads.Divisor)) * 4) + field;
        for (int row = first; first < step && row < _rows; row += 4 * step)
        {
            T a = Read(from, row, input, output + lane), b = Read(from, row + step, input, output + lane);
            T c = Read(from, row + (2 * step), input, output + lane), d = Read(from, row + (3 * step), input, output + lane);
            Write(memory, row, place, a);
            Write(memory, row + step, place, b);
            Write(memory, row + (2 * step), place, c);
            Write(memory, row + (3 * step), place, d);
        }
    }

    // A row is a position of the kernel and an input channel.
    private T Read(int from, int row, int input, int output)
    {
        int position = _byChunk.Of(row), channel = input + row - (position * _byChunk.Divisor);
        return (row < _rows) & (channel < _inputs) & (output < _outputs)
            ? _weights[from + (((position * _inputs) + channel) * _outputs) + output]
            : default;
    }

    private void Write(ArrayView<T> memory, int row, int place, T value)
    {
        if (row < _rows)
            memory[(row * 4 * _byQuads.Divisor) + place] = value;
    }
}

/// <summary>
/// Weights turned round, inputs and outputs exchanged: those of the transposed convolution, by whose shape and channels this goes.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="plan">How the transposed convolution is done.</param>
/// <param name="weights">The weights.</param>
internal readonly struct TurnedWeights<T>(ConvolutionPlan plan, View<T> weights) : IConvolutionWeights<T>
    where T : unmanaged, INumber<T>
{
    private readonly View<T> _weights = weights;
    private readonly int _inputs = plan.Shape.InputChannels;
    private readonly int _outputs = plan.Shape.OutputChannels;
    private readonly int _count = plan.Shape.WeightCount;
    private readonly int _positions = plan.Shape.KernelHeight * plan.Shape.KernelWidth;
    private readonly int _chunk = plan.Chunk;
    private readonly Quotient _byOutputs = new(4 * plan.Quads);
    private readonly Quotient _byQuads = new(plan.Quads);
    private readonly Lanes _lanes = new(plan.Chunk, plan.Threads);

    private int Rows => _positions * _byOutputs.Divisor;

    /// <inheritdoc/>
    public void Load(ArrayView<T> memory, int member, int input, int output)
    {
        int step = _lanes.RowStep, first = _lanes.RowOf(Group.IdxX), from = member * _count;
        for (int lane = _lanes.LaneOf(Group.IdxX); first < step && lane < _chunk; lane += _lanes.Count)
        {
            for (int row = first; row < Rows; row += 4 * step)
            {
                T a = Read(from, row, input + lane, output), b = Read(from, row + step, input + lane, output);
                T c = Read(from, row + (2 * step), input + lane, output), d = Read(from, row + (3 * step), input + lane, output);
                Write(memory, row, lane, a);
                Write(memory, row + step, lane, b);
                Write(memory, row + (2 * step), lane, c);
                Write(memory, row + (3 * step), lane, d);
            }
        }
    }

    // A row is a position of the kernel and an output channel.
    private T Read(int from, int row, int input, int output)
    {
        int position = _byOutputs.Of(row), channel = output + row - (position * _byOutputs.Divisor);
        return (row < Rows) & (channel < _outputs) & (input < _inputs)
            ? _weights[from + ((((_positions - 1 - position) * _outputs) + channel) * _inputs) + input]
            : default;
    }

    private void Write(ArrayView<T> memory, int row, int lane, T value)
    {
        int position = _byOutputs.Of(row), channel = row - (position * _byOutputs.Divisor), field = _byQuads.Of(channel);
        if (row < Rows)
            memory[(((((position * _chunk) + lane) * _byQuads.Divisor) + channel - (field * _byQuads.Divisor)) * 4) + field] = value;
    }
}
