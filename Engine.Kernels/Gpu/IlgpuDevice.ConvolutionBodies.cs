using System.Numerics;
using Engine.Kernels.Bodies;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

// Convolutions whose kernel or image does not fit the shared memory of a group, and empty ones.
internal sealed partial class IlgpuDevice
{
    private static int ImageResults(ConvolutionShape shape) => shape.OutputHeight * shape.OutputWidth * shape.OutputChannels;

    private void ConvolveByBody<T>(ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer? positions)
        where T : unmanaged, INumber<T>
    {
        if (positions is null)
            ConvolveByBody<T>(form, shape, destination, a, b);
        else
            ConvolvePooledByBody<T>(form, shape, destination, a, b, positions);
    }

    private void ConvolveByBody<T>(ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b)
        where T : unmanaged, INumber<T>
    {
        var sizes = new ConvolutionSizes(shape);
        View<T> to = destination.Write<T>(), x = a.Read<T>(), y = b.Read<T>();
        switch (form)
        {
            case ConvolutionForm.Forward:
                Launch(new ConvolutionBody<T>(sizes, to, x, y), checked(shape.Members * shape.ResultCount), shape.Operations);
                break;
            case ConvolutionForm.InputGradient:
                Launch(new ConvolutionInputGradientBody<T>(sizes, to, x, y), checked(shape.Members * shape.ImageCount), shape.Operations);
                break;
            default:
                Launch(new ConvolutionWeightGradientBody<T>(sizes, to, x, y), checked(shape.Members * shape.WeightCount), shape.Operations);
                break;
        }
    }

    // Through the whole results, of which all but those at the positions are zero, or not wanted.
    private void ConvolvePooledByBody<T>(
        ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer positions)
        where T : unmanaged, INumber<T>
    {
        int image = ImageResults(shape), pooled = shape.Members * shape.PooledCount, each = (shape with { Batch = 1 }).PooledCount;
        using var scratch = ScratchOf<T>((long)shape.Members * shape.ResultCount);
        var whole = scratch.Buffer;
        if (form == ConvolutionForm.Forward)
        {
            ConvolveByBody<T>(form, shape, whole, a, b);
            Launch(new PoolGatherBody<T>(destination.Write<T>(), whole.Read<T>(), positions.Read<int>(), image, each, 1), pooled);
        }
        else
        {
            var cotangents = form == ConvolutionForm.InputGradient ? a : b;
            Fill(whole.Write<T>(), T.Zero);
            Launch(new PoolScatterBody<T>(whole.Update<T>(), cotangents.Read<T>(), positions.Read<int>(), image, each, 1), pooled);
            if (form == ConvolutionForm.InputGradient)
                ConvolveByBody<T>(form, shape, destination, whole, b);
            else
                ConvolveByBody<T>(form, shape, destination, a, whole);
        }
    }

    private void ConvolveReluPoolByBody<T>(
        ConvolutionShape shape, Buffer destination, Buffer positions, Buffer images, Buffer weights, Buffer bias)
        where T : unmanaged, INumber<T>
    {
        using var scratch = ScratchOf<T>((long)shape.Members * shape.ResultCount);
        var whole = scratch.Buffer;
        ConvolveByBody<T>(ConvolutionForm.Forward, shape, whole, images, weights);
        Launch(
            new ReluPoolBody<T>(
                destination.Write<T>(), positions.Write<int>(), whole.Read<T>(), bias.Read<T>(), shape.Batch, shape.OutputHeight,
                shape.OutputWidth, shape.OutputChannels),
            shape.Members * shape.PooledCount);
    }

    private unsafe Scratch ScratchOf<T>(long count)
        where T : unmanaged
        => new(Allocate(count * sizeof(T)));

    // Memory for what lies between two commands of a verb. While recording, the recording returns it.
    private sealed record Scratch(Buffer Buffer) : IDisposable
    {
        public void Dispose()
        {
            if (!Recording.IsActive)
                Buffer.Free();
        }
    }
}
